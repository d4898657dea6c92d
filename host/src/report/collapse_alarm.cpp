#include "report/collapse_alarm.hpp"

#include "report/text.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::report {
namespace {

constexpr double least_spread = 0.1;  // of an even one
constexpr double least_rank = 3;
constexpr double least_rank_limit = 16;
constexpr int needed = 2;

/// NaN where a health event says nothing of it: no comparison holds then.
double value_of(const HealthEvent& health, const std::string& name) {
  const auto found = std::find_if(health.values.begin(), health.values.end(),
                                  [&](const NamedValue& value) { return value.name == name; });
  return found == health.values.end() ? std::nan("") : found->value;
}

std::optional<AlarmEvent> sign_of(const HealthEvent& health) {
  const double spread = value_of(health, "embedding_std");
  const double even = value_of(health, "embedding_std_even");
  if (spread < least_spread * even) {
    return AlarmEvent{health.step,
                      "all pictures get nearly the same embedding: their standard deviation is " +
                          short_number(spread) + ", an even spread has " + short_number(even),
                      "often a learning rate too high, or a target that carries a gradient "
                      "(SimSiam, BYOL); try a lower optimizer.lr or a longer "
                      "schedule.warmup_epochs"};
  }
  const double rank = value_of(health, "effective_rank");
  const double limit = value_of(health, "rank_limit");
  if (rank < least_rank && limit >= least_rank_limit) {
    return AlarmEvent{
        health.step,
        "the embeddings fill " + short_number(rank) + " directions of " + short_number(limit),
        "often a loss that does not push features or pictures apart enough (a small "
        "lambda, a high temperature), or a learning rate too high"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<AlarmEvent> CollapseAlarm::look(const HealthEvent& health) {
  const auto sign = sign_of(health);
  signs_in_a_row_ = sign ? signs_in_a_row_ + 1 : 0;
  return signs_in_a_row_ == needed ? sign : std::nullopt;
}

}  // namespace tandem::report
