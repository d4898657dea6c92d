#pragma once

#include "checkpoint/store.hpp"
#include "config/config.hpp"
#include "data/view.hpp"
#include "formats/training_state.hpp"
#include "plugin/catalog.hpp"
#include "report/metrics_log.hpp"
#include "report/tensorboard.hpp"
#include "run/data_set.hpp"
#include "run/learning.hpp"
#include "run/run_folder.hpp"
#include "tandem/base/log.hpp"
#include "train/trainer.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

namespace tandem::run {

/// What a checkpoint is made of. All must outlive whoever is given it.
struct TrainingParts {
  const config::Config& config;  ///< resolved
  const plugin::Catalog& catalog;
  const DataSet& data;
  data::Shape shape;  ///< of the first view
  Learning& learning;
  train::Follower* probe = nullptr;  ///< may be null
};

/// What of a run does not change from one checkpoint to the next: versions, machine, plugins,
/// pictures.
formats::TrainingState describe_training(const TrainingParts& parts, const train::Plan& plan);

/// Bytes that a checkpoint takes, but for a few thousand.
std::uint64_t predict_bytes(const TrainingParts& parts);
/// Writes weights, optimizer, state and configuration as a sealed folder, with a file for `views`
/// where there are any. Gives its bytes. Throws Error(resource).
std::uint64_t write_checkpoint(const std::filesystem::path& folder, const TrainingParts& parts,
                               const formats::TrainingState& state,
                               std::span<const at::Tensor> views = {});
/// Reads the tensors of a checkpoint into their places; `probe` may be null. Throws
/// Error(checkpoint) where they do not fit.
void read_checkpoint(const std::filesystem::path& folder, Learning& learning,
                     train::Follower* probe);

/// What a checkpoint costs, measured by writing one and reading it again.
struct CheckpointCost {
  std::uint64_t bytes = 0;
  double write_seconds = 0;  ///< until it is durable
  double read_seconds = 0;   ///< with every checksum
};
/// In a temporary folder beside where the run would be, which is gone afterwards.
CheckpointCost try_checkpoint(const TrainingParts& parts, const train::Plan& plan);

/// Saves a run where [checkpoint] says so, keeps as many as it says, and gives the newest weights
/// their names in the run's folder. [the training thread]
class Checkpoints final : public train::Checkpointer {
 public:
  Checkpoints(const RunFolder& folder, const TrainingParts& parts, const train::Plan& plan,
              report::MetricsLog& metrics, report::TensorBoardLog& tensorboard, Log& log);

  void after_step(const train::Position& position) override;
  void stopped(const train::Position& position) override;
  void failed(const train::Position& position) noexcept override;
  /// Saves now, unless this step is saved. Throws Error(resource) that names the bytes needed where
  /// there is no room, Error(guard) where a weight is not finite; what was there stays.
  void save(const train::Position& position);
  /// Makes the checkpoint of this step the best one.
  void keep_best(const train::Position& position, double top1);
  double best_top1() const { return fixed_.best_top1; }
  void keep_failure(const train::Position& position, std::span<const at::Tensor> views,
                    const std::string& problem) override;
  /// Whether a step failed, and is kept.
  bool kept_failure() const { return kept_failure_; }

  /// A resumed run goes on from this state.
  void resume(const formats::TrainingState& state);

 private:
  formats::TrainingState state_at(const train::Position& position);
  void give_names(const std::filesystem::path& checkpoint) const;
  void point(const std::function<void()>& set);
  bool is_due(std::int64_t step) const;
  bool for_good(std::int64_t step) const;
  void make_room() const;
  void require_finite(std::int64_t step) const;
  void tell(std::int64_t step, std::uint64_t bytes, double seconds);

  const RunFolder& folder_;
  TrainingParts parts_;
  checkpoint::Store store_;
  report::MetricsLog& metrics_;
  report::TensorBoardLog& tensorboard_;
  Log& log_;
  formats::TrainingState fixed_;
  std::uint64_t bytes_;
  std::uint64_t named_bytes_;  ///< model and objective, written once more under their names
  std::int64_t saved_step_ = -1;
  bool kept_failure_ = false;
  bool told_of_links_ = false;
  bool told_of_cost_ = false;
  std::chrono::steady_clock::time_point saved_at_ = std::chrono::steady_clock::now();
};

}  // namespace tandem::run
