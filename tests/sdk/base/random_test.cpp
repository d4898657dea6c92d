#include "tandem/base/random.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

using tandem::philox4x32;
using tandem::Random;
using tandem::RandomKey;

namespace {

using Block = std::array<std::uint32_t, 4>;
constexpr std::uint32_t ones = 0xffffffff;

/// Largest distance between an empirical and a continuous distribution, times √n
/// (Kolmogorov-Smirnov).
double kolmogorov(std::vector<double> draws, const std::function<double(double)>& distribution) {
  std::sort(draws.begin(), draws.end());
  const auto n = static_cast<double>(draws.size());
  double worst = 0;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const double expected = distribution(draws[i]);
    const auto below = static_cast<double>(i);
    worst = std::max({worst, expected - below / n, (below + 1) / n - expected});
  }
  return worst * std::sqrt(n);
}

/// Kolmogorov's distribution exceeds this with probability 2·exp(-2·2.23²) < 1e-4.
constexpr double rare = 2.23;

double chi_square(const std::vector<int>& counts, double expected) {
  double sum = 0;
  for (int count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

std::vector<double> sample(int n, const std::function<double(Random&)>& draw) {
  Random random({.seed = 2024});
  std::vector<double> draws;
  for (int i = 0; i < n; ++i) draws.push_back(draw(random));
  return draws;
}

std::vector<std::uint32_t> first_bits(const RandomKey& key) {
  Random random(key);
  std::vector<std::uint32_t> bits(8);
  for (auto& b : bits) b = random.bits();
  return bits;
}

}  // namespace

// The known answers of Random123 1.14, tests/kat_vectors, "philox4x32 10".
TEST_CASE("philox4x32-10 gives its published answers") {
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32({ones, ones, ones, ones}, {ones, ones}) ==
        Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream is the blocks of its key in order") {
  Random random({.seed = 0x299f31d0a4093822, .epoch = 7, .sample = 9, .view = 2, .op = 3});
  for (std::uint32_t block = 0; block < 3; ++block) {
    const Block expected = philox4x32({block, 7, 9, 0x00020003}, {0xa4093822, 0x299f31d0});
    for (std::uint32_t word : expected) CHECK(random.bits() == word);
  }
}

TEST_CASE("every part of a key makes another stream") {
  const std::vector<RandomKey> keys = {
      {}, {.seed = 1}, {.seed = 1ull << 32}, {.epoch = 1}, {.sample = 1}, {.view = 1}, {.op = 1}};
  std::set<std::vector<std::uint32_t>> streams;
  for (const RandomKey& key : keys) {
    streams.insert(first_bits(key));
    CHECK(first_bits(key) == first_bits(key));
  }
  CHECK(streams.size() == keys.size());
}

TEST_CASE("uniform is the top 53 of 64 bits") {
  Random bits({.seed = 5}), random({.seed = 5});
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t high = bits.bits();
    const std::uint64_t both = high << 32 | bits.bits();
    CHECK(random.uniform() == std::ldexp(static_cast<double>(both >> 11), -53));
  }
}

TEST_CASE("uniform numbers are uniform") {
  const auto unit = sample(100000, [](Random& r) { return r.uniform(); });
  CHECK(kolmogorov(unit, [](double x) { return x; }) < rare);
  const auto scaled = sample(100000, [](Random& r) { return r.uniform(-3, 5); });
  CHECK(kolmogorov(scaled, [](double x) { return (x + 3) / 8; }) < rare);
}

TEST_CASE("a uniform number stays below its upper end, even where rounding would reach it") {
  Random random({.seed = 3});
  const double next = std::nextafter(1.0, 2.0);
  for (int i = 0; i < 200; ++i) {
    CHECK(random.uniform(1.0, next) == 1.0);
    CHECK(random.uniform(2.5, 2.5) == 2.5);
  }
}

TEST_CASE("normal numbers are normal") {
  const auto draws = sample(100000, [](Random& r) { return r.normal(); });
  CHECK(kolmogorov(draws, [](double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }) < rare);
}

TEST_CASE("integers are uniform and reach both ends") {
  std::vector<int> counts(7);
  Random random({.seed = 11});
  for (int i = 0; i < 70000; ++i) {
    const std::int64_t x = random.integer(-3, 3);
    REQUIRE(x >= -3);
    REQUIRE(x <= 3);
    ++counts[static_cast<std::size_t>(x + 3)];
  }
  CHECK(chi_square(counts, 10000) < 27.86);  // 6 degrees of freedom, probability 1e-4
}

TEST_CASE("integers of the widest ranges are not biased") {
  constexpr auto low = std::numeric_limits<std::int64_t>::min();
  constexpr auto high = std::numeric_limits<std::int64_t>::max();
  Random random({.seed = 12});
  const int n = 20000;
  int negative = 0, lower_third = 0;
  for (int i = 0; i < n; ++i) {
    negative += random.integer(low, high) < 0;
    // Three quarters of all numbers: a plain remainder would give the first third half of the
    // draws.
    lower_third += random.integer(low, low / 2 + high) < low / 2;
  }
  CHECK(std::abs(negative - n / 2.0) < 4 * std::sqrt(n / 4.0));
  CHECK(std::abs(lower_third - n / 3.0) < 4 * std::sqrt(n * 2 / 9.0));
  CHECK(random.integer(high, high) == high);
  CHECK(random.integer(low, low) == low);
}

TEST_CASE("a chance is met as often as its probability says, and always draws once") {
  Random random({.seed = 13});
  int hits = 0;
  const int n = 40000;
  for (int i = 0; i < n; ++i) hits += random.chance(0.2);
  CHECK(std::abs(hits - 0.2 * n) < 4 * std::sqrt(n * 0.2 * 0.8));

  Random never({.seed = 14}), sometimes({.seed = 14});
  for (int i = 0; i < 50; ++i) {
    CHECK_FALSE(never.chance(0));
    sometimes.chance(0.5);
  }
  CHECK(never.bits() == sometimes.bits());
  CHECK(never.chance(1));
}

TEST_CASE("permutations are all equally likely") {
  Random random({.seed = 15});
  std::vector<int> counts(24);
  for (int i = 0; i < 24000; ++i) {
    const auto order = random.permutation(4);
    std::vector<std::int64_t> all = {0, 1, 2, 3};
    REQUIRE(std::is_permutation(order.begin(), order.end(), all.begin(), all.end()));
    std::size_t rank = 0;
    do {
      if (all == order) break;
      ++rank;
    } while (std::next_permutation(all.begin(), all.end()));
    ++counts[rank];
  }
  CHECK(chi_square(counts, 1000) < 56.0);  // 23 degrees of freedom, probability 1.4e-4
  CHECK(random.permutation(0).empty());
  CHECK(random.permutation(1) == std::vector<std::int64_t>{0});
}
