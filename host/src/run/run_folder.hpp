#pragma once

#include <filesystem>
#include <string>

namespace tandem::run {

/// The folder a run writes to, locked against another process for as long as the object lives.
class RunFolder {
 public:
  /// Makes the folder. Throws Error(usage) where it is in use by another run, or is not empty and
  /// `overwrite` is false; with it, the files that runs write are removed and all others kept.
  /// Throws Error(resource) where it cannot be made.
  RunFolder(std::filesystem::path path, bool overwrite);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(const char* name) const { return path_ / name; }
  /// Removes what the run wrote.
  void discard() const;

 private:
  void lock();
  bool try_lock();
  void unlock() const;
  void clear(bool overwrite) const;
  std::filesystem::path path_;
  int lock_ = -1;
  bool made_ = false;
};

/// Names of what a run writes.
namespace files {
inline constexpr const char* config = "config.toml";
inline constexpr const char* manifest = "manifest.json";
inline constexpr const char* metrics = "metrics.jsonl";
inline constexpr const char* views = "views.png";
inline constexpr const char* backbone = "backbone.safetensors";
inline constexpr const char* objective = "objective.safetensors";
inline constexpr const char* lock = ".lock";
}  // namespace files

/// "runs/barlow_twins-20260131-235959" for a run that names no folder: none that exists.
std::string default_folder(const std::string& objective);

}  // namespace tandem::run
