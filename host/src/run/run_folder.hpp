#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tandem::run {

/// The folder a run writes to, locked against another process for as long as the object lives.
class RunFolder {
 public:
  /// Makes the folder. Throws Error(usage) where it is in use by another run, or is not empty and
  /// `overwrite` is false, or holds files but no run. Removes nothing yet. Throws Error(resource)
  /// where it cannot be made.
  RunFolder(std::filesystem::path path, bool overwrite);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(const char* name) const { return path_ / name; }
  /// Removes what this run wrote, unless it stands in the place of an earlier one.
  void discard() const;
  /// Removes the metrics and weights of the run that is overwritten, and what kills left of them.
  void remove_results() const;

 private:
  void lock();
  bool try_lock();
  void unlock() const;
  void require_usable(bool overwrite);
  void remove(const std::vector<std::string>& names) const;
  std::filesystem::path path_;
  int lock_ = -1;
  bool made_ = false;
  bool fresh_ = true;  ///< empty when the run came
};

/// Names of what a run writes.
namespace files {
inline constexpr const char* config = "config.toml";
inline constexpr const char* manifest = "manifest.json";
inline constexpr const char* metrics = "metrics.jsonl";
inline constexpr const char* views = "views.png";
/// TensorBoard takes any file whose name holds "tfevents".
inline constexpr const char* tensorboard = "events.out.tfevents.tandem";
inline constexpr const char* backbone = "backbone.safetensors";
inline constexpr const char* best = "backbone-best.safetensors";
inline constexpr const char* objective = "objective.safetensors";
inline constexpr const char* gallery = "gallery.json";
inline constexpr const char* report = "report.html";
inline constexpr const char* lock = ".lock";
}  // namespace files

/// "runs/barlow_twins-20260131-235959" for a run that names no folder: none that exists.
std::string default_folder(const std::string& objective);

}  // namespace tandem::run
