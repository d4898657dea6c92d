#include "jitters.hpp"

#include "catch.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace jitters {

using namespace tandem;

namespace {

/// A jitter and the sample for which it takes just the given steps.
struct Found {
  ops::Op op;
  std::uint32_t sample;
};

/// The strengths with which the draws of `sample` are the steps' factors, if any are.
std::optional<ops::Values> strengths(const std::vector<Step>& steps, std::uint32_t sample,
                                     const std::string& dialect) {
  Random random({.seed = 11, .epoch = 0, .sample = sample, .view = 0, .op = 0});
  random.chance(1);
  std::array<std::size_t, 4> order = {0, 1, 2, 3};
  for (std::size_t i = 3; i > 0; --i) {
    std::swap(order[i],
              order[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(i)))]);
  }
  std::array<double, 4> from_middle{};  // each draw, where its range is -1 … 1
  for (double& draw : from_middle) draw = 2 * random.uniform() - 1;
  ops::Values values = {{"dialect", dialect}};
  auto place = order.begin();
  for (const auto& [quality, factor] : steps) {
    place = std::find(place, order.end(), quality);
    const bool added = quality == hue || (dialect == "deepmind" && quality == 0);
    const double strength = (added ? factor : factor - 1) / from_middle[quality];
    if (place == order.end() || strength < 0 || strength > (quality == hue ? 0.5 : 1)) return {};
    values[names[quality]] = strength;
  }
  return values;
}

Found jitter_of(const std::vector<Step>& steps, const std::string& dialect) {
  for (std::uint32_t sample = 0;; ++sample) {
    REQUIRE(sample < 100000);
    if (const auto values = strengths(steps, sample, dialect))
      return {ops::make("color_jitter", *values), sample};
  }
}

}  // namespace

std::string text_of(const std::vector<Step>& steps) {
  std::string text;
  for (const auto& [quality, factor] : steps) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), static_cast<float>(factor)).ptr;
    text += (text.empty() ? "" : ", ") + names[quality] + " " + std::string(digits.data(), end);
  }
  return text;
}

Image jittered(const Image& picture, const std::vector<Step>& steps, const std::string& dialect) {
  const Found found = jitter_of(steps, dialect);
  REQUIRE(ops::told(found.op, picture, found.sample) == text_of(steps));
  return ops::run(found.op, picture, found.sample);
}

}  // namespace jitters
