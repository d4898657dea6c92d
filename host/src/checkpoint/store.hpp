#pragma once

#include "formats/training_state.hpp"
#include "tandem/base/log.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tandem::checkpoint {

/// The files of a checkpoint.
namespace files {
inline constexpr const char* model = "model.safetensors";          ///< the backbone
inline constexpr const char* objective = "objective.safetensors";  ///< heads, targets, queues
inline constexpr const char* optimizer = "optimizer.safetensors";
inline constexpr const char* probe = "probe.safetensors";  ///< the online probe, where there is one
inline constexpr const char* views = "views.safetensors";  ///< what a step that failed was given
inline constexpr const char* state = "state.json";
inline constexpr const char* config = "config.toml";  ///< resolved, as it was trained with
}  // namespace files

struct Entry {
  std::int64_t step = 0;
  std::filesystem::path folder;
};

/// The folder that holds a run's checkpoints: "step-00000400", each a sealed folder
/// (formats/sealed_folder.hpp), and the links `latest` and `best` to two of them. [whoever holds
/// the run's lock; reading is anyone's]
class Store {
 public:
  explicit Store(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path path_of(std::int64_t step) const;
  /// All that are named as one, whole or not, oldest first. Links are none.
  std::vector<Entry> list() const;
  /// The step a link names; nothing where there is no such link, or it names no checkpoint.
  std::optional<std::int64_t> latest() const { return linked("latest"); }
  std::optional<std::int64_t> best() const { return linked("best"); }

  /// Makes the folder where there is none, and removes what kills left in it.
  void prepare() const;
  void set_latest(std::int64_t step) const;
  void set_best(std::int64_t step) const;
  /// Removes all but the `keep` newest, `best`, and those that are kept `for_good`. Gives those
  /// that went.
  std::vector<Entry> prune(int keep, const std::function<bool(std::int64_t step)>& for_good) const;
  /// Renames a damaged one to "step-….corrupt", so that it is nobody's checkpoint and can be looked
  /// at. Gives its new path.
  std::filesystem::path set_aside(const Entry& entry) const;
  /// Removes every checkpoint, damaged ones too, and the folder where nothing else is in it.
  void clear() const;

 private:
  std::optional<std::int64_t> linked(const char* name) const;
  std::filesystem::path folder_;
};

/// A checkpoint whose every byte is what was written.
struct Verified {
  Entry entry;
  formats::TrainingState state;
};

/// The step that a name in a store says; nothing where it is no checkpoint's.
std::optional<std::int64_t> step_of(const std::string& name);

/// Verifies one checkpoint, whatever its name and `step` say. Throws Error(checkpoint) that names
/// what is damaged.
formats::TrainingState verify(const Entry& entry);
/// The same, and that it is of the step that its name says: no other can be gone on from.
formats::TrainingState verify_named(const Entry& entry);
/// The newest that verifies; damaged ones on the way are told, and set aside once a whole one is
/// found. Nothing where there is no checkpoint; throws Error(checkpoint) where there are some, and
/// none verifies.
std::optional<Verified> newest_whole(const Store& store, Log& log);

}  // namespace tandem::checkpoint
