#pragma once

#include "config/config.hpp"
#include "formats/json_lines.hpp"
#include "plugin/catalog.hpp"
#include "run/initial_weights.hpp"
#include "run/model.hpp"
#include "tandem/base/log.hpp"
#include "train/learner.hpp"
#include "train/trainer.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tandem::run {

/// What learns in a run: the encoder, the objective on it, and the optimizer of both.
class Learning {
 public:
  /// `shapes` are those of the views, `plan` says how long the training is. All references must
  /// outlive this. `collective` are the ranks that share each batch. Throws what is wrong with
  /// plugins, their parameters and the initial weights.
  Learning(const config::Config& config, plugin::Catalog& catalog,
           const std::vector<data::Shape>& shapes, const train::Plan& plan,
           const InitialWeights& initial, Log& log, Collective& collective = single_rank());
  Learning(const Learning&) = delete;
  Learning& operator=(const Learning&) = delete;

  roles::HostEncoder& encoder() { return *encoder_; }
  train::Learner& learner() { return learner_; }
  /// "together" or "apart": what `train.passes` has come to.
  const std::string& passes() const { return passes_; }
  /// What the encoder's weights came from, for a manifest; null: drawn.
  const formats::Json& initial() const { return initial_; }
  /// Numbers that the optimizer trains.
  std::int64_t parameters() const { return parameter_count_; }

 private:
  train::LearnerParts parts(const std::vector<data::Shape>& shapes, const train::Plan& plan,
                            const InitialWeights& initial);
  ObjectiveContext objective_context(const train::Plan& plan, int views);

  const config::Config& config_;
  plugin::Catalog& catalog_;
  Log& log_;
  Collective& collective_;
  EncoderMaker encoders_;
  std::shared_ptr<roles::HostEncoder> encoder_;
  formats::Json initial_;
  std::int64_t parameter_count_ = 0;
  int targets_ = 0;
  train::Learner learner_;
  std::string passes_;
};

/// How long a configuration trains in epochs of so many steps, and how often it tells.
train::Plan make_plan(const config::Config& config, std::int64_t steps_per_epoch);

}  // namespace tandem::run
