#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace tandem::eval {

/// Numbers the classes of some labels from 0 without gaps, in their order: labels come from files,
/// and a classifier has a row of weights for each number below the greatest.
class ClassNumbers {
 public:
  /// Negative labels, which mean none, are no class.
  explicit ClassNumbers(const std::vector<std::int64_t>& labels);

  std::int64_t count() const { return static_cast<std::int64_t>(numbers_.size()); }
  /// -1 where the label is none of the classes.
  std::int64_t of(std::int64_t label) const;
  std::vector<std::int64_t> of(const std::vector<std::int64_t>& labels) const;

 private:
  std::map<std::int64_t, std::int64_t> numbers_;
};

}  // namespace tandem::eval
