#include "train/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace tandem::train {
namespace {

double cosine(double progress, double final) {
  const double weight = 0.5 * (1 + std::cos(std::numbers::pi * progress));
  return weight + final * (1 - weight);
}

}  // namespace

Schedule::Schedule(ScheduleOptions options) : options_(std::move(options)) {}

double Schedule::factor(std::int64_t step, std::int64_t steps_per_epoch,
                        std::int64_t total_steps) const {
  if (options_.per_epoch && steps_per_epoch > 0) step -= step % steps_per_epoch;
  const std::int64_t warmup =
      std::llround(options_.warmup_epochs * static_cast<double>(steps_per_epoch));
  if (step < warmup) {
    const double progress = static_cast<double>(step) / static_cast<double>(warmup);
    return options_.warmup_start + (1 - options_.warmup_start) * progress;
  }
  switch (options_.decay) {
    case Decay::constant:
      return 1;
    case Decay::step: {
      const auto passed =
          std::count_if(options_.milestones.begin(), options_.milestones.end(), [&](double epochs) {
            return step >= std::llround(epochs * static_cast<double>(steps_per_epoch));
          });
      return std::pow(options_.gamma, static_cast<double>(passed));
    }
    case Decay::cosine: {
      const auto done = static_cast<double>(step - warmup);
      const auto length = static_cast<double>(std::max<std::int64_t>(total_steps - warmup, 1));
      return cosine(std::min(done / length, 1.0), options_.final);
    }
  }
  return 1;
}

}  // namespace tandem::train
