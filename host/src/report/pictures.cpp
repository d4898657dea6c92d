#include "data/decode.hpp"
#include "data/plain.hpp"
#include "data/png.hpp"
#include "formats/regular_file.hpp"
#include "report/base64.hpp"
#include "report/figures.hpp"
#include "report/html.hpp"
#include "report/text.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::report {
namespace {

constexpr std::size_t largest_views = 160'000;  // bytes of a PNG on a page
constexpr std::size_t most_cells = 128;

struct Rgb {
  double red, green, blue;
};

/// Blue over white to orange, apart for all kinds of colour vision; grey for what is no number.
Rgb color_of(double value) {
  if (!std::isfinite(value)) return {128, 128, 128};
  const Rgb end = value < 0 ? Rgb{33, 102, 172} : Rgb{190, 90, 10};
  const double share = std::sqrt(std::min(1.0, std::abs(value)));  // small ones are to be seen
  const auto mix = [share](double channel) { return 255 + share * (channel - 255); };
  return {mix(end.red), mix(end.green), mix(end.blue)};
}

double cell_mean(const Matrix& matrix, std::size_t row, std::size_t column, std::size_t rows,
                 std::size_t columns) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = row * matrix.rows / rows; i < (row + 1) * matrix.rows / rows; ++i) {
    for (std::size_t j = column * matrix.columns / columns;
         j < (column + 1) * matrix.columns / columns; ++j, ++count)
      sum += matrix.values[i * matrix.columns + j];
  }
  return sum / static_cast<double>(count);
}

Image drawn(const Matrix& matrix) {
  const std::size_t rows = std::min(matrix.rows, most_cells);
  const std::size_t columns = std::min(matrix.columns, most_cells);
  Image image(static_cast<int>(rows), static_cast<int>(columns), 3);
  std::uint8_t* out = image.u8();
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      const Rgb color = color_of(cell_mean(matrix, i, j, rows, columns));
      for (const double channel : {color.red, color.green, color.blue})
        *out++ = static_cast<std::uint8_t>(std::lround(channel));
    }
  }
  return image;
}

/// Mean of the diagonal, and mean size of all other numbers.
std::string in_numbers(const Matrix& matrix) {
  double on = 0, off = 0;
  for (std::size_t i = 0; i < matrix.rows; ++i) {
    for (std::size_t j = 0; j < matrix.columns; ++j) {
      const double value = matrix.values[i * matrix.columns + j];
      i == j ? on += value : off += std::abs(value);
    }
  }
  const auto n = static_cast<double>(std::min(matrix.rows, matrix.columns));
  const double others = static_cast<double>(matrix.values.size()) - n;
  std::string text = "mean of the diagonal " + fixed(on / n, 3);
  if (others > 0) text += ", mean size off it " + fixed(off / others, 3);
  return text;
}

std::string image_element(const std::string& uri, const std::string& kind, const Image& image,
                          const std::string& alt) {
  return "<img class=\"" + kind + "\" width=\"" + std::to_string(image.width()) + "\" height=\"" +
         std::to_string(image.height()) + "\" alt=\"" + escaped(alt) + "\" src=\"" + uri + "\">";
}

}  // namespace

std::string heatmap_figure(const Matrix& matrix, const std::string& who) {
  const Image image = drawn(matrix);
  std::string title = matrix.name;
  std::replace(title.begin(), title.end(), '_', ' ');
  std::string about = std::to_string(matrix.rows) + " × " + std::to_string(matrix.columns) +
                      ", after step " + std::to_string(matrix.step) + "; " + in_numbers(matrix);
  if (matrix.rows > most_cells || matrix.columns > most_cells) about += "; drawn averaged";
  const std::string key =
      "<div class=\"scale\" aria-hidden=\"true\"><span>−1</span><i></i><span>1</span></div>";
  return element(
      "figure", "class=\"heatmap\"",
      caption(who + ": " + title, about) +
          image_element(png_uri(data::encode_png(image)), "pixels", image, title + ", " + about) +
          key);
}

std::string views_figure(const std::filesystem::path& file, const std::string& who) {
  constexpr std::uint64_t largest_file = 64 << 20;
  std::string png;
  Image image;
  try {
    png = formats::read_small_file(file, largest_file, ErrorKind::data);
    data::decode_png({reinterpret_cast<const std::uint8_t*>(png.data()), png.size()}, {}, image);
    while (png.size() > largest_views && image.height() > 64) {
      data::fit(image, image.height() * 2 / 3, std::max(1, image.width() * 2 / 3));
      png = data::encode_png(image);
    }
  } catch (const Error&) {
    return {};
  }
  const std::string about = "one row a picture: the picture itself, then each of its views";
  return element("figure", "class=\"views\"",
                 caption(who, about) +
                     image_element(png_uri(png), "sheet", image, "Views of " + who + ": " + about));
}

}  // namespace tandem::report
