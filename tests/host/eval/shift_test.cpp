#include "eval/shift.hpp"
#include "catch.hpp"
#include "tandem/base/error.hpp"

#include <ATen/Functions.h>

#include <set>
#include <utility>
#include <vector>

using namespace tandem;
using namespace tandem::eval;

namespace {

const std::vector<double> fill = {-1.5, 0.25};

at::Tensor pictures(std::int64_t count) {
  at::manual_seed(17);
  return at::randn({count, 2, 7, 6});
}

/// Picture (C, H, W) moved pixel by pixel.
at::Tensor moved(const at::Tensor& picture, std::int64_t down, std::int64_t right) {
  const auto result = at::empty_like(picture);
  const auto from = picture.accessor<float, 3>();
  auto to = result.accessor<float, 3>();
  for (std::int64_t c = 0; c < picture.size(0); ++c) {
    for (std::int64_t y = 0; y < picture.size(1); ++y) {
      for (std::int64_t x = 0; x < picture.size(2); ++x) {
        const bool inside = y - down >= 0 && y - down < picture.size(1) && x - right >= 0 &&
                            x - right < picture.size(2);
        to[c][y][x] = inside ? from[c][y - down][x - right]
                             : static_cast<float>(fill[static_cast<std::size_t>(c)]);
      }
    }
  }
  return result;
}

/// By how much a picture was moved; fails where it was not by ±3 at most.
std::pair<std::int64_t, std::int64_t> move_of(const at::Tensor& after, const at::Tensor& before) {
  for (std::int64_t down = -3; down <= 3; ++down) {
    for (std::int64_t right = -3; right <= 3; ++right) {
      if (at::equal(after, moved(before, down, right))) return {down, right};
    }
  }
  FAIL("not a move");
  return {};
}

}  // namespace

TEST_CASE("every picture is moved by up to three pixels, all moves happen", "[shift]") {
  const auto before = pictures(600);
  const auto after = shift_pictures(before, fill, 0);
  std::set<std::pair<std::int64_t, std::int64_t>> moves;
  for (std::int64_t i = 0; i < before.size(0); ++i) moves.insert(move_of(after[i], before[i]));
  CHECK(moves.size() == 49);
}

TEST_CASE("a move depends on the picture's number and the seed alone", "[shift]") {
  const auto before = pictures(60);
  const auto whole = shift_pictures(before, fill, 0);
  CHECK(at::equal(shift_pictures(before, fill, 0), whole));
  CHECK(at::equal(shift_pictures(before.narrow(0, 20, 40), fill, 20), whole.narrow(0, 20, 40)));
  CHECK(!at::equal(shift_pictures(before, fill, 0, {3, 1}), whole));
}

TEST_CASE("layout and argument stay as they are", "[shift]") {
  const auto before = pictures(5);
  const auto last = before.contiguous(at::MemoryFormat::ChannelsLast);
  const auto after = shift_pictures(last, fill, 0);
  CHECK(after.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(at::equal(after, shift_pictures(before, fill, 0)));
  CHECK(at::equal(last, before));
}

TEST_CASE("pictures smaller than the move", "[shift]") {
  const auto after = shift_pictures(at::ones({200, 2, 2, 2}), fill, 0);
  const auto empty = (after.select(1, 0) == fill[0]).flatten(1).all(1);
  CHECK(empty.any().item<bool>());
  CHECK(!empty.all().item<bool>());
}

TEST_CASE("no move leaves the pictures", "[shift]") {
  const auto before = pictures(3);
  CHECK(at::equal(shift_pictures(before, fill, 0, {0, 0}), before));
  CHECK_THROWS_AS(shift_pictures(before, std::vector<double>{0.0}, 0), Error);
}

TEST_CASE("a series is moved along its length alone", "[shift]") {
  const auto before = at::arange(1, 11, at::kFloat).reshape({1, 1, 1, 10}).repeat({100, 2, 1, 1});
  const auto after = shift_pictures(before, fill, 0);
  std::set<double> middles;
  for (std::int64_t i = 0; i < 100; ++i) {
    const double middle = after[i][1][0][5].item<double>();  // was 6
    middles.insert(middle - 6);
    CHECK(after[i][0][0][4].item<double>() == middle - 1);
  }
  CHECK(middles == std::set<double>{-3, -2, -1, 0, 1, 2, 3});
}
