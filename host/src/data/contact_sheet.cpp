#include "data/contact_sheet.hpp"

#include "data/careful_reader.hpp"
#include "data/plot.hpp"
#include "data/resize.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace tandem::data {
namespace {

constexpr int gap = 4;
constexpr std::uint8_t paper = 32;

std::uint8_t byte_of(const Image& image, std::size_t i) {
  if (image.type() == PixelType::u8) return image.u8()[i];
  return static_cast<std::uint8_t>(std::lround(std::clamp(image.f32()[i], 0.0f, 1.0f) * 255));
}

/// As 8-bit RGB: the first three channels, or the first one as grey.
Image rgb(const Image& image) {
  Image out(image.height(), image.width(), 3);
  const auto channels = static_cast<std::size_t>(image.channels());
  std::uint8_t* to = out.u8();
  for (std::size_t i = 0; i < image.values(); i += channels, to += 3) {
    for (std::size_t c = 0; c < 3; ++c) to[c] = byte_of(image, channels < 3 ? i : i + c);
  }
  return out;
}

/// Whole-number enlargement, or shrunk into a square of `cell`.
Image scaled(const Image& picture, int cell) {
  const int longer = std::max(picture.height(), picture.width());
  const double ratio = static_cast<double>(cell) / longer;
  const double scale = longer <= cell ? std::floor(ratio) : ratio;
  Image out(std::max(1, static_cast<int>(picture.height() * scale)),
            std::max(1, static_cast<int>(picture.width() * scale)), 3);
  resize(picture, out, Enlarging::nearest);
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
    const Image small = scaled(rgb(picture), cell_);
    const int top = side(row) + (cell_ - small.height()) / 2;
    const int left = side(column) + (cell_ - small.width()) / 2;
    const std::size_t bytes = static_cast<std::size_t>(small.width()) * 3;
    const std::uint8_t* from = small.u8();
    for (int y = 0; y < small.height(); ++y, from += bytes)
      std::memcpy(pixel(image_, top + y, left), from, bytes);
  }

  Image take() { return std::move(image_); }

 private:
  static std::uint8_t* pixel(Image& image, int row, int column) {
    const auto width = static_cast<std::size_t>(image.width());
    return image.u8() +
           (static_cast<std::size_t>(row) * width + static_cast<std::size_t>(column)) * 3;
  }
  int side(std::size_t cells) const { return gap + static_cast<int>(cells) * (cell_ + gap); }

  int cell_;
  Image image_;
};

bool is_series(const Image& picture) {
  return picture.height() == 1 && picture.width() > 1;
}

/// A picture and what is made of it, cell after cell.
class Row {
 public:
  Row(Sheet& sheet, std::size_t row, const Image& picture, int cell)
      : sheet_(sheet),
        row_(row),
        cell_(cell),
        series_(is_series(picture)),
        range_(series_ ? range_of(picture) : Range()) {
    add(picture);
  }

  void add(const Image& image) {
    const bool plotted = series_ && image.height() == 1;
    sheet_.paste(plotted ? plot(image, range_, cell_) : image, row_, column_++);
  }

 private:
  Sheet& sheet_;
  std::size_t row_, column_ = 0;
  int cell_;
  bool series_;
  Range range_;
};

/// Calls `take(row, number, picture)` with the picture that training shows for each sample.
template <class Take>
void for_each_picture(const Source& source, const SheetOptions& options, Take&& take) {
  constexpr double all = 1;  // a few rows tell nothing of how much of the data set is unreadable
  CarefulReader reader(source, all, null_log());
  Image picture;
  for (std::size_t i = 0; i < options.samples.size(); ++i) {
    const std::int64_t number = reader.read(options.samples[i], picture);
    take(i, number, std::as_const(picture));
  }
}

/// A picture that takes another's place draws what that one would have drawn.
ViewKey key_of(const SheetOptions& options, std::size_t row, std::size_t view) {
  return {options.seed, options.epoch, options.samples[row], static_cast<int>(view)};
}

}  // namespace

Image contact_sheet(const Source& source, std::span<const ViewSpec> views,
                    const SheetOptions& options) {
  Sheet sheet(options.samples.size(), views.size() + 1, options.cell);
  Image view;
  for_each_picture(source, options, [&](std::size_t i, std::int64_t, const Image& picture) {
    Row row(sheet, i, picture, options.cell);
    for (std::size_t v = 0; v < views.size(); ++v) {
      make_view(views[v], picture, key_of(options, i, v), view);
      row.add(view);
    }
  });
  return sheet.take();
}

Image step_sheet(const Source& source, std::span<const ViewSpec> views,
                 const SheetOptions& options) {
  std::size_t most = 0;
  for (const auto& spec : views) most = std::max(most, spec.ops.size());
  Sheet sheet(options.samples.size() * views.size(), most + 1, options.cell);
  Image view;
  for_each_picture(source, options, [&](std::size_t i, std::int64_t, const Image& picture) {
    for (std::size_t v = 0; v < views.size(); ++v) {
      Row row(sheet, i * views.size() + v, picture, options.cell);
      // Each operation has a stream of its own, so that the first ones draw what they always do.
      ViewSpec begun;
      for (const auto& op : views[v].ops) {
        begun.ops.push_back(op);
        make_view(begun, picture, key_of(options, i, v), view);
        row.add(view);
      }
    }
  });
  return sheet.take();
}

std::vector<PictureDraws> sheet_draws(const Source& source, std::span<const ViewSpec> views,
                                      const SheetOptions& options) {
  std::vector<PictureDraws> draws(options.samples.size());
  Image view;
  for_each_picture(source, options, [&](std::size_t i, std::int64_t, const Image& picture) {
    for (std::size_t v = 0; v < views.size(); ++v)
      draws[i].push_back(describe_view(views[v], picture, key_of(options, i, v), view));
  });
  return draws;
}

std::vector<std::int64_t> sheet_pictures(const Source& source, const SheetOptions& options) {
  std::vector<std::int64_t> numbers;
  for_each_picture(source, options, [&](std::size_t, std::int64_t number, const Image&) {
    numbers.push_back(number);
  });
  return numbers;
}

int largest_view(const Source& source, std::span<const ViewSpec> views,
                 const SheetOptions& options) {
  int largest = 0;
  Image view;
  for_each_picture(source, options, [&](std::size_t i, std::int64_t, const Image& picture) {
    for (std::size_t v = 0; v < views.size(); ++v) {
      make_view(views[v], picture, key_of(options, i, v), view);
      const bool plotted = is_series(picture) && view.height() == 1;
      if (!plotted) largest = std::max({largest, view.height(), view.width()});
    }
  });
  return largest;
}

}  // namespace tandem::data
