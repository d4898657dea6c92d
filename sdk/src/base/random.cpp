#include "tandem/base/random.hpp"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace tandem {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
    const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
    counter = {high(b) ^ counter[1] ^ key[0], low(b), high(a) ^ counter[3] ^ key[1], low(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

Random::Random(const RandomKey& key)
    : key_{static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)},
      counter_{0, key.epoch, key.sample, (std::uint32_t{key.view} << 16) | key.op} {}

std::uint32_t Random::bits() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[static_cast<std::size_t>(used_++)];
}

double Random::uniform() {
  const std::uint64_t high = bits();
  const std::uint64_t both = high << 32 | bits();
  return static_cast<double>(both >> 11) * 0x1p-53;
}

double Random::uniform(double low, double high) {
  const double x = low + (high - low) * uniform();
  // Rounding may have reached the end that is excluded.
  return x < high ? x : std::nextafter(high, low);
}

std::int64_t Random::integer(std::int64_t low, std::int64_t high) {
  // Unsigned, since the range may be wider than a signed number.
  const auto first = static_cast<std::uint64_t>(low);
  const std::uint64_t span = static_cast<std::uint64_t>(high) - first + 1;
  const auto draw = [this] {
    const std::uint64_t upper = bits();
    return upper << 32 | bits();
  };
  if (span == 0) return static_cast<std::int64_t>(draw());
  // Draws beyond the last whole multiple of `span` would favour small values.
  const std::uint64_t limit = -span % span;
  std::uint64_t x = draw();
  while (x < limit) x = draw();
  return static_cast<std::int64_t>(first + x % span);
}

bool Random::chance(double probability) {
  return uniform() < probability;
}

double Random::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::vector<std::int64_t> Random::permutation(std::int64_t n) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::int64_t i = n - 1; i > 0; --i) {
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(integer(0, i))]);
  }
  return order;
}

}  // namespace tandem
