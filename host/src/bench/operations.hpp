#pragma once

#include "bench/clock.hpp"
#include "bench/subject.hpp"

#include <string>
#include <vector>

namespace tandem::bench {

/// What a part of a view costs, in one thread.
struct OperationCost {
  std::string name;
  data::Shape shape = {};          ///< of what it makes
  std::vector<double> micro = {};  ///< microseconds a picture, by round
  std::vector<double> copy = {};   ///< what copying the same pictures takes, likewise

  /// Of one value (a byte) of what is made.
  double nanoseconds_per_value() const;
  /// How many copies it is worth.
  double copies() const;
  /// "memory" where it takes less than three copies, so that mere loads and stores are most of it;
  /// else "compute".
  const char* bound() const;
};

/// Every operation at its place in its view, carried out whatever its probability is; the float
/// store with normalisation; and each whole view with its real draws. Sides take turns.
std::vector<OperationCost> operation_costs(const Subject& subject, const Effort& effort);

}  // namespace tandem::bench
