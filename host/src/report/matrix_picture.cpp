#include "report/matrix_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace tandem::report {
namespace {

using Color = std::array<double, 3>;
constexpr Color white = {255, 255, 255}, red = {178, 24, 43}, blue = {33, 102, 172},
                grey = {128, 128, 128};

Color color_of(float value) {
  if (!std::isfinite(value)) return grey;
  const double share = std::min(std::abs(double{value}), 1.0);
  const Color& full = value < 0 ? blue : red;
  Color mixed{};
  for (std::size_t c = 0; c < mixed.size(); ++c) mixed[c] = white[c] + share * (full[c] - white[c]);
  return mixed;
}

}  // namespace

Image picture_of(const MatrixEvent& matrix, int cell) {
  Image image(matrix.rows * cell, matrix.columns * cell, 3);
  std::uint8_t* pixel = image.u8();
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      const int entry = y / cell * matrix.columns + x / cell;
      for (const double channel : color_of(matrix.values[static_cast<std::size_t>(entry)]))
        *pixel++ = static_cast<std::uint8_t>(std::lround(channel));
    }
  }
  return image;
}

}  // namespace tandem::report
