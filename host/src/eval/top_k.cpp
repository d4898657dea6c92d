// Compiled with OpenMP where the compiler's runtime is LibTorch's: at::parallel_for is a loop
// without it.
#include "eval/top_k.hpp"

#include <ATen/Parallel.h>

#include <algorithm>

namespace tandem::eval {
namespace {

bool more_similar(const Neighbour& a, const Neighbour& b) {
  return a.similarity > b.similarity || (a.similarity == b.similarity && a.row < b.row);
}

void replace_front(std::vector<Neighbour>& heap, const Neighbour& neighbour) {
  std::pop_heap(heap.begin(), heap.end(), more_similar);
  heap.back() = neighbour;
  std::push_heap(heap.begin(), heap.end(), more_similar);
}

void scan(const float* similarities, std::int64_t columns, std::int64_t first_row, std::size_t k,
          std::vector<Neighbour>& heap) {
  std::int64_t i = 0;
  for (; i < columns && heap.size() < k; ++i) {
    heap.push_back({similarities[i], first_row + i});
    std::push_heap(heap.begin(), heap.end(), more_similar);
  }
  for (; i < columns; ++i) {
    // Rows come in order, so an equal similarity is no reason to replace anything.
    if (similarities[i] > heap.front().similarity) {
      replace_front(heap, {similarities[i], first_row + i});
    }
  }
}

}  // namespace

TopK::TopK(std::int64_t queries, std::int64_t k)
    : k_(k), heaps_(static_cast<std::size_t>(queries)) {
  for (auto& heap : heaps_) heap.reserve(static_cast<std::size_t>(k));
}

void TopK::add(const float* similarities, std::int64_t columns, std::int64_t first_row) {
  const auto count = static_cast<std::int64_t>(heaps_.size());
  at::parallel_for(0, count, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t query = begin; query < end; ++query) {
      scan(similarities + query * columns, columns, first_row, static_cast<std::size_t>(k_),
           heaps_[static_cast<std::size_t>(query)]);
    }
  });
}

std::vector<Neighbour> TopK::neighbours(std::int64_t query) const {
  auto sorted = heaps_[static_cast<std::size_t>(query)];
  std::sort_heap(sorted.begin(), sorted.end(), more_similar);
  return sorted;
}

}  // namespace tandem::eval
