#include "report/matrix_picture.hpp"

#include "catch.hpp"

#include <limits>
#include <vector>

using namespace tandem;

TEST_CASE("a matrix is drawn cell by cell: blue, white, red, and grey for what is no number") {
  report::MatrixEvent matrix;
  matrix.rows = 1;
  matrix.columns = 4;
  matrix.values = {-1, 0, 7, std::numeric_limits<float>::quiet_NaN()};
  const Image picture = report::picture_of(matrix, 2);
  REQUIRE(picture.height() == 2);
  REQUIRE(picture.width() == 8);
  const auto pixel = [&](int y, int x) {
    const auto* at = picture.u8() + (y * 8 + x) * 3;
    return std::vector<int>(at, at + 3);
  };
  CHECK(pixel(0, 0) == std::vector<int>{33, 102, 172});
  CHECK(pixel(1, 1) == pixel(0, 0));
  CHECK(pixel(0, 2) == std::vector<int>{255, 255, 255});
  CHECK(pixel(1, 5) == std::vector<int>{178, 24, 43});
  CHECK(pixel(0, 7) == std::vector<int>{128, 128, 128});
}
