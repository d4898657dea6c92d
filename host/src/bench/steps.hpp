#pragma once

#include "data/loader.hpp"
#include "run/configuration.hpp"
#include "run/learning.hpp"
#include "tandem/base/log.hpp"

#include <memory>
#include <vector>

namespace tandem::bench {

/// What a step took, in seconds.
struct StepTimes {
  double step = 0;  ///< the learner's, without `data`
  double forward = 0, backward = 0, optimizer = 0;
  double data = 0;  ///< waiting for the batch before it
};

/// Training steps of a configuration by the real learner, one after another, as long as they are
/// asked for. Nothing is evaluated or written. `run.precision` is not "auto".
class Steps {
 public:
  /// `one_batch`: `keep_one_batch` before the first step. `catalog` must outlive this.
  Steps(const run::Prepared& prepared, plugin::Catalog& catalog, bool one_batch, Log& log);
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

  StepTimes next();
  /// The next batch is used for all further steps, so that no loader works beside them.
  void keep_one_batch();
  const config::Config& config() const { return config_; }
  std::int64_t parameters() const { return learning_.parameters(); }
  const std::vector<data::Shape>& shapes() const { return shapes_; }

 private:
  std::vector<at::Tensor> take_views();

  config::Config config_;
  std::unique_ptr<data::BatchLoader> loader_;  // null once one batch is taken for all
  std::vector<data::Shape> shapes_;
  train::Plan plan_;
  run::Learning learning_;
  std::vector<at::Tensor> kept_;
  std::int64_t step_ = 0;
};

/// The same configuration where LibTorch does all convolutions itself, and can be watched: a
/// backbone's parameter `convolution` is "direct" where it may be.
run::Prepared with_direct_convolutions(run::Prepared prepared);

}  // namespace tandem::bench
