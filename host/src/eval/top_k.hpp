#pragma once

#include <cstdint>
#include <vector>

namespace tandem::eval {

struct Neighbour {
  float similarity = 0;
  std::int64_t row = 0;  ///< of the bank
};

/// The k most similar rows of a bank for each of several queries, fed block by block. Of equal
/// similarities those of smaller row number stay.
class TopK {
 public:
  TopK(std::int64_t queries, std::int64_t k);
  /// Similarities (queries × columns, packed) to the rows first_row … first_row + columns - 1 of
  /// the bank. Blocks come in the order of the bank. NaN counts as the least similar of all.
  void add(const float* similarities, std::int64_t columns, std::int64_t first_row);
  /// Neighbours of a query, most similar first; fewer than k where the bank is smaller.
  std::vector<Neighbour> neighbours(std::int64_t query) const;

 private:
  std::int64_t k_;
  std::vector<std::vector<Neighbour>> heaps_;  // the least similar one in front
};

}  // namespace tandem::eval
