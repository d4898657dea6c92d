// color_jitter against torchvision's adjust_* on Pillow images: tests/golden/jitter.py; and the
// distributions that torchvision's documentation of ColorJitter gives for what is drawn.
#include "catch.hpp"
#include "golden.hpp"
#include "jitters.hpp"
#include "ops.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <numeric>

using namespace tandem;
using jitters::hue;
using jitters::jittered;
using jitters::names;
using jitters::Step;
using jitters::text_of;

namespace {

bool same(const Image& a, const Image& b) {
  return a.values() == b.values() && std::memcmp(a.u8(), b.u8(), a.values()) == 0;
}

/// As tests/golden/jitter.py has it.
std::int64_t checksum(const Image& image) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < image.values(); ++i) {
    const std::uint64_t place = i * 0x9E3779B97F4A7C15u;
    sum += image.u8()[i] * ((place ^ (place >> 29)) | 1);
  }
  return static_cast<std::int64_t>(sum);
}

/// Of counts that are all expected to be equal.
double chi_squared(const std::vector<int>& counts) {
  const double expected =
      std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
  double sum = 0;
  for (int count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

/// The factors of a jitter's steps as they are told, by name, and the names' order.
std::pair<std::map<std::string, double>, std::string> told_steps(const std::string& text) {
  std::map<std::string, double> factors;
  std::string order;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t space = text.find(' ', at), end = std::min(text.find(", ", at), text.size());
    const std::string name = text.substr(at, space - at);
    factors[name] = std::stod(text.substr(space, end - space));
    order += name + ' ';
    at = end + 2;
  }
  return {factors, order};
}

}  // namespace

TEST_CASE("each step of a jitter is torchvision's on Pillow images, to the integer") {
  const Golden golden("jitter.safetensors");
  for (const std::string picture_name : {"photo", "colours", "half"}) {
    const Image picture = golden.picture(picture_name + ".picture");
    for (std::size_t quality = 0; quality < names.size(); ++quality) {
      const auto factors = golden.numbers<double>("factors." + names[quality]);
      REQUIRE(factors.size() >= 5);
      for (std::size_t i = 0; i < factors.size(); ++i) {
        const std::string name = picture_name + "." + names[quality] + "." + std::to_string(i);
        INFO(name << ": " << factors[i]);
        CHECK(same(jittered(picture, {{quality, factors[i]}}), golden.picture(name)));
      }
    }
  }
}

TEST_CASE("a whole jitter is torchvision's on Pillow images, to the integer") {
  const Golden golden("jitter.safetensors");
  for (const std::string number : {"0", "1"}) {
    const auto order = golden.numbers<double>("jitter." + number + ".order");
    const auto factors = golden.numbers<double>("jitter." + number + ".factors");
    std::vector<Step> steps;
    for (double step : order) {
      const auto quality = static_cast<std::size_t>(step);
      steps.push_back({quality, factors[quality]});
    }
    for (const std::string picture : {"photo", "colours", "half"}) {
      INFO(picture << ": " << text_of(steps));
      CHECK(same(jittered(golden.picture(picture + ".picture"), steps),
                 golden.picture(picture + ".jitter." + number)));
    }
  }
}

TEST_CASE("the hue of every colour there is turns as Pillow turns it") {
  const Golden golden("jitter.safetensors");
  Image cube(4096, 4096, 3);
  for (std::size_t i = 0; i < cube.values() / 3; ++i) {
    for (std::size_t c = 0; c < 3; ++c)
      cube.u8()[3 * i + c] = static_cast<std::uint8_t>(i >> (16 - 8 * c));
  }
  const auto turns = golden.numbers<double>("cube.turns");
  const auto sums = golden.numbers<std::int64_t>("cube.checksums");
  REQUIRE(turns.size() == 3);
  for (std::size_t i = 0; i < turns.size(); ++i)
    CHECK(checksum(jittered(cube, {{hue, turns[i]}})) == sums[i]);
}

TEST_CASE("a jitter's factors are uniform over their ranges, and its orders equally frequent") {
  // Of each limit, one in a thousand right implementations would fall beyond it with another seed.
  constexpr double limit_of_20 = 43.8, limit_of_24 = 49.7;
  constexpr std::uint32_t draws = 9600;
  const Image image = ops::random_image(1, 1, 3);
  const auto op = ops::make(
      "color_jitter", {{"brightness", 1.5}, {"contrast", 0.4}, {"saturation", 0.2}, {"hue", 0.1}});
  // [max(0, 1 - x), 1 + x], and [-x, x] of the hue.
  const std::map<std::string, std::array<double, 2>> ranges = {{"brightness", {0, 2.5}},
                                                               {"contrast", {0.6, 1.4}},
                                                               {"saturation", {0.8, 1.2}},
                                                               {"hue", {-0.1, 0.1}}};
  std::map<std::string, std::vector<int>> factor_counts;
  std::map<std::string, int> orders;
  for (std::uint32_t sample = 0; sample < draws; ++sample) {
    const auto [factors, order] = told_steps(ops::told(op, image, sample));
    REQUIRE(factors.size() == names.size());
    for (const auto& [name, factor] : factors) {
      const auto [low, high] = ranges.at(name);
      REQUIRE((factor >= low - 1e-6 && factor <= high + 1e-6));
      const int bin = static_cast<int>(20 * (factor - low) / (high - low));
      auto& counts = factor_counts[name];
      counts.resize(20);
      ++counts[static_cast<std::size_t>(std::clamp(bin, 0, 19))];
    }
    ++orders[order];
  }
  for (const auto& [name, counts] : factor_counts) {
    INFO(name);
    CHECK(chi_squared(counts) < limit_of_20);
  }
  std::vector<int> order_counts;
  for (const auto& [order, count] : orders) order_counts.push_back(count);
  CHECK(order_counts.size() == 24);
  CHECK(chi_squared(order_counts) < limit_of_24);
}
