#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tandem::formats {

/// What a training goes on from, beside its tensors and its configuration: state.json of a
/// checkpoint.
struct TrainingState {
  std::int64_t step = 0;             ///< finished steps
  std::int64_t steps_per_epoch = 0;  ///< of the whole batch
  std::int64_t total_steps = 0;
  bool epoch_ended = false;      ///< the end of the epoch that `step` closes is dealt with
  std::int64_t images = 0;       ///< of the steps since the last line of metrics
  double part_seconds = 0;       ///< of the same steps
  std::int64_t looked_in = -1;   ///< the epoch, from 0, of the last look at the embeddings
  std::int64_t alarm_signs = 0;  ///< of a collapse, in a row
  double best_top1 = -1;         ///< kNN, in per cent; -1: none yet
  double seconds = 0;            ///< wall-clock, of all starts

  std::uint64_t metrics_bytes = 0;      ///< length of metrics.jsonl then
  std::uint64_t tensorboard_bytes = 0;  ///< length of TensorBoard's file

  std::string tandem, libtorch;       ///< versions
  std::string processor, capability;  ///< the model, and the instruction set that LibTorch uses
  std::int64_t threads = 0;           ///< of the network
  std::int64_t ranks = 1;             ///< that shared each batch
  std::string data;                   ///< fingerprint of the training pictures
  std::map<std::string, std::string> plugins;  ///< SHA-256 of each plugin's file, by its id
  std::map<std::string, std::string> files;    ///< SHA-256 of each file a key names, by the key
  std::string saved;                           ///< when, UTC
  std::string problem;                         ///< why the run ended here; empty for a checkpoint

  std::int64_t epochs() const { return steps_per_epoch > 0 ? step / steps_per_epoch : 0; }
};

/// As JSON, a key for each member.
std::string to_json_text(const TrainingState& state);
/// Reads such a text. Throws Error(checkpoint) where it is none, a number is out of range, or a key
/// is missing; `origin` names the file.
TrainingState parse_training_state(std::string_view text, const std::string& origin);

}  // namespace tandem::formats
