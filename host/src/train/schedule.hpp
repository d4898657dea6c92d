#pragma once

#include <cstdint>
#include <vector>

namespace tandem::train {

/// What happens to the learning rate after the warm-up.
enum class Decay {
  constant,  ///< stays at 1
  step,      ///< is multiplied by `gamma` at each milestone
  cosine,    ///< falls along half a cosine from 1 to `final` at the end of training
};

struct ScheduleOptions {
  bool per_epoch = false;  ///< all steps of an epoch have the factor of its first
  Decay decay = Decay::constant;
  double warmup_epochs = 0;        ///< linear, from `warmup_start` at the first step to 1
  double warmup_start = 0;         ///< a factor, like all here
  std::vector<double> milestones;  ///< in epochs since the start of training
  double gamma = 0.1;
  double final = 0;
};

/// The factor on the learning rate as a pure function of the step: nothing to save, nothing to
/// resume.
///
/// Official SimSiam, lightly's CIFAR benchmark: cosine per epoch. Official Barlow Twins: cosine, 10
/// warm-up epochs, final 0.001. DeepMind's BYOL: cosine, 10 warm-up epochs. Their first step has
/// the factor 0, and the cosine spans the steps behind the warm-up.
class Schedule {
 public:
  explicit Schedule(ScheduleOptions options = {});
  /// `step` counts from 0; behind `total_steps` the last factor stays.
  double factor(std::int64_t step, std::int64_t steps_per_epoch, std::int64_t total_steps) const;

 private:
  ScheduleOptions options_;
};

}  // namespace tandem::train
