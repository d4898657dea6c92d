#include "data/plain.hpp"

#include "data/parallel.hpp"
#include "data/resize.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>

namespace tandem::data {
namespace {

std::size_t value_size(const Image& image) {
  return image.type() == PixelType::u8 ? 1 : sizeof(float);
}

std::byte* bytes(Image& image) {
  if (image.type() == PixelType::u8) return reinterpret_cast<std::byte*>(image.u8());
  return reinterpret_cast<std::byte*>(image.f32());
}

/// The second buffer, for pixels of the image's own type.
std::byte* scratch(Image& image, int height, int width) {
  if (image.type() == PixelType::u8) {
    return reinterpret_cast<std::byte*>(image.scratch_u8(height, width, image.channels()));
  }
  return reinterpret_cast<std::byte*>(image.scratch_f32(height, width, image.channels()));
}

/// Resizes so that the picture just covers height × width.
void cover(Image& image, int height, int width) {
  const double scale = std::max(static_cast<double>(height) / image.height(),
                                static_cast<double>(width) / image.width());
  const int new_height = std::max(height, static_cast<int>(std::lround(image.height() * scale)));
  const int new_width = std::max(width, static_cast<int>(std::lround(image.width() * scale)));
  if (new_height == image.height() && new_width == image.width()) return;
  thread_local Image resized;
  resized.reset(new_height, new_width, image.channels(), image.type());
  resize(image, resized, Enlarging::linear);
  std::swap(image, resized);
}

void take_centre(Image& image, int height, int width) {
  if (image.height() == height && image.width() == width) return;
  const std::size_t pixel = static_cast<std::size_t>(image.channels()) * value_size(image);
  const std::size_t row = static_cast<std::size_t>(width) * pixel;
  const std::size_t stride = static_cast<std::size_t>(image.width()) * pixel;
  const std::size_t top = static_cast<std::size_t>((image.height() - height) / 2);
  const std::size_t left = static_cast<std::size_t>((image.width() - width) / 2);
  const std::byte* from = bytes(image) + top * stride + left * pixel;
  std::byte* to = scratch(image, height, width);
  for (int y = 0; y < height; ++y, from += stride, to += row) std::memcpy(to, from, row);
  image.swap();
}

void require_channels(const Source& source, std::int64_t index, const Image& image, int channels) {
  if (image.channels() == channels) return;
  throw Error(ErrorKind::data,
              Log::join(source.name(index), ": has ", image.channels(), " channels, ", channels,
                        " are needed: set data.channels to ", channels));
}

}  // namespace

void fit(Image& image, int height, int width) {
  cover(image, height, width);
  take_centre(image, height, width);
}

std::vector<Unreadable> load_plain(const Source& source, std::span<const std::int64_t> indices,
                                   Shape shape, const Normalization& normalization, float* out,
                                   int workers) {
  const Normalizer normalizer(normalization, shape.channels);
  const std::size_t values = static_cast<std::size_t>(shape.height) *
                             static_cast<std::size_t>(shape.width) *
                             static_cast<std::size_t>(shape.channels);
  std::vector<Unreadable> unreadable;
  std::mutex mutex;
  for_each(static_cast<std::int64_t>(indices.size()), workers, [&](std::int64_t position) {
    thread_local Image image;
    const std::int64_t index = indices[static_cast<std::size_t>(position)];
    float* to = out + static_cast<std::size_t>(position) * values;
    try {
      source.read(index, image);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::data) throw;
      std::fill_n(to, values, 0.0f);
      const std::lock_guard lock(mutex);
      unreadable.push_back({position, error.what()});
      return;
    }
    require_channels(source, index, image, shape.channels);
    fit(image, shape.height, shape.width);
    normalizer.write(image, to);
  });
  std::sort(unreadable.begin(), unreadable.end(),
            [](const auto& a, const auto& b) { return a.position < b.position; });
  return unreadable;
}

}  // namespace tandem::data
