#include "data/contact_sheet.hpp"

#include "data/plot.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>

namespace tandem::data {
namespace {

constexpr int gap = 4;
constexpr std::uint8_t paper = 32;

std::uint8_t byte_of(const Image& image, std::size_t i) {
  if (image.type() == PixelType::u8) return image.u8()[i];
  return static_cast<std::uint8_t>(std::lround(std::clamp(image.f32()[i], 0.0f, 1.0f) * 255));
}

/// As 8-bit RGB: the first three channels, or the first one as grey.
cv::Mat rgb(const Image& image) {
  cv::Mat out(image.height(), image.width(), CV_8UC3);
  const auto channels = static_cast<std::size_t>(image.channels());
  std::uint8_t* to = out.ptr();
  for (std::size_t i = 0; i < image.values(); i += channels, to += 3) {
    for (std::size_t c = 0; c < 3; ++c) to[c] = byte_of(image, channels < 3 ? i : i + c);
  }
  return out;
}

/// Whole-number enlargement, or shrunk into a square of `cell`.
cv::Mat scaled(const cv::Mat& picture, int cell) {
  const int longer = std::max(picture.rows, picture.cols);
  const double ratio = static_cast<double>(cell) / longer;
  const double scale = longer <= cell ? std::floor(ratio) : ratio;
  const cv::Size size(std::max(1, static_cast<int>(picture.cols * scale)),
                      std::max(1, static_cast<int>(picture.rows * scale)));
  cv::Mat out;
  cv::resize(picture, out, size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_NEAREST);
  return out;
}

class Sheet {
 public:
  Sheet(std::size_t rows, std::size_t columns, int cell) : cell_(cell) {
    image_.reset(side(rows), side(columns), 3);
    std::memset(image_.u8(), paper, image_.values());
  }

  /// Puts a picture into the middle of its cell.
  void paste(const Image& picture, std::size_t row, std::size_t column) {
    if (picture.values() == 0) return;
    const cv::Mat small = scaled(rgb(picture), cell_);
    cv::Mat whole(image_.height(), image_.width(), CV_8UC3, image_.u8());
    const cv::Rect place(side(column) + (cell_ - small.cols) / 2,
                         side(row) + (cell_ - small.rows) / 2, small.cols, small.rows);
    small.copyTo(whole(place));
  }

  Image take() { return std::move(image_); }

 private:
  int side(std::size_t cells) const { return gap + static_cast<int>(cells) * (cell_ + gap); }

  int cell_;
  Image image_;
};

}  // namespace

Image contact_sheet(const Source& source, std::span<const ViewSpec> views,
                    const SheetOptions& options) {
  Sheet sheet(options.samples.size(), views.size() + 1, options.cell);
  Image picture, view;
  for (std::size_t row = 0; row < options.samples.size(); ++row) {
    const std::int64_t sample = options.samples[row];
    try {
      source.read(sample, picture);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::data) throw;
      continue;
    }
    const bool series = picture.height() == 1 && picture.width() > 1;
    const Range range = series ? range_of(picture) : Range();
    const auto drawn = [&](const Image& image) {
      return series && image.height() == 1 ? plot(image, range, options.cell) : image;
    };
    sheet.paste(drawn(picture), row, 0);
    for (std::size_t v = 0; v < views.size(); ++v) {
      make_view(views[v], picture, {options.seed, options.epoch, sample, static_cast<int>(v)},
                view);
      sheet.paste(drawn(view), row, v + 1);
    }
  }
  return sheet.take();
}

}  // namespace tandem::data
