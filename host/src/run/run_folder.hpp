#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tandem::run {

/// What a run may find in its folder.
enum class FolderUse {
  fresh,      ///< nothing
  overwrite,  ///< a run, which is replaced
  resume,     ///< a run, which goes on, or nothing
};

/// The folder a run writes to, locked against another process for as long as the object lives.
class RunFolder {
 public:
  /// Makes the folder. Throws Error(usage) where it is in use by another run, or holds what `use`
  /// does not allow. Removes nothing yet. Throws Error(resource) where it cannot be made.
  RunFolder(std::filesystem::path path, FolderUse use);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Whether it was empty.
  bool fresh() const { return fresh_; }
  std::filesystem::path file(const char* name) const { return path_ / name; }
  /// Removes what this run wrote, unless it stands in the place of an earlier one.
  void discard() const;
  /// Removes the metrics, weights and checkpoints of the run that is overwritten, and what kills
  /// left of them.
  void remove_results() const;
  /// Removes what kills left of a run's files.
  void remove_leftovers() const;

 private:
  void lock();
  bool try_lock();
  void unlock() const;
  void require_usable(FolderUse use);
  void remove(const std::vector<std::string>& names) const;
  void remove_checkpoints() const;
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
inline constexpr const char* checkpoints = "checkpoints";
inline constexpr const char* replay = "replay";  ///< what a guard stopped, one folder a step
inline constexpr const char* lock = ".lock";
}  // namespace files

/// "runs/barlow_twins-20260131-235959" for a run that names no folder: none that exists.
std::string default_folder(const std::string& objective);

}  // namespace tandem::run
