#pragma once

#include "config/config.hpp"
#include "eval/online_probe.hpp"
#include "run/data_set.hpp"
#include "tandem/base/log.hpp"
#include "tandem/sdk/encoder.hpp"
#include "train/trainer.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace tandem::run {

/// The online probe of a run: takes the labels of the pictures that a step saw.
class ProbeFollower final : public train::Follower {
 public:
  ProbeFollower(SourcePointer train, std::int64_t width, std::uint64_t seed);

  void after_step(const at::Tensor& latents, std::span<const std::int64_t> samples) override;
  /// `online_probe_top1` in per cent, of the training pictures as they were augmented; nothing
  /// where no picture had a label.
  report::Values take_values() override;
  void visit(StateVisitor& visitor) override { probe_.visit(visitor); }
  std::int64_t steps() const { return probe_.steps(); }
  /// `online_probe_top1` of these pictures' features in eval mode, with its protocol.
  report::EvalEvent evaluate(const eval::Features& queries, const config::Config& config,
                             const DataSet& data, std::int64_t epoch, std::int64_t step) const;

 private:
  SourcePointer train_;
  eval::OnlineProbe probe_;
  std::vector<std::int64_t> labels_;  // of the last step
};

/// Null where the configuration wants none, or where no training picture has a label, which is
/// told.
std::unique_ptr<ProbeFollower> make_probe(const config::Config& config, const DataSet& data,
                                          std::int64_t width, Log& log);

}  // namespace tandem::run
