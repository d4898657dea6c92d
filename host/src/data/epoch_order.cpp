#include "data/epoch_order.hpp"

#include "tandem/base/random.hpp"

#include <algorithm>
#include <limits>

namespace tandem::data {

void EpochOrder::copy(std::int64_t epoch, std::int64_t first, std::span<std::int64_t> out) {
  const auto& order = of(epoch);
  std::copy_n(order.begin() + first, out.size(), out.begin());
}

const std::vector<std::int64_t>& EpochOrder::of(std::int64_t epoch) {
  Remembered& place = remembered_[static_cast<std::size_t>(epoch % 2)];
  if (place.epoch != epoch) {
    // A view and an operation that no list of views reaches, so that no augmentation shares the
    // stream.
    constexpr auto none = std::numeric_limits<std::uint16_t>::max();
    Random random({.seed = seed_,
                   .epoch = static_cast<std::uint32_t>(epoch),
                   .sample = 0,
                   .view = none,
                   .op = none});
    place.order = random.permutation(count_);
    place.epoch = epoch;
  }
  return place.order;
}

}  // namespace tandem::data
