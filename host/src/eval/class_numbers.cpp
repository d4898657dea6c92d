#include "eval/class_numbers.hpp"

namespace tandem::eval {

ClassNumbers::ClassNumbers(const std::vector<std::int64_t>& labels) {
  for (const std::int64_t label : labels) {
    if (label >= 0) numbers_.emplace(label, 0);
  }
  std::int64_t next = 0;
  for (auto& [label, number] : numbers_) number = next++;
}

std::int64_t ClassNumbers::of(std::int64_t label) const {
  const auto found = numbers_.find(label);
  return found == numbers_.end() ? -1 : found->second;
}

std::vector<std::int64_t> ClassNumbers::of(const std::vector<std::int64_t>& labels) const {
  std::vector<std::int64_t> numbers;
  for (const std::int64_t label : labels) numbers.push_back(of(label));
  return numbers;
}

}  // namespace tandem::eval
