#include "data/normalization.hpp"

#include "data/moments.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace tandem::data {
namespace {

/// Pixels in a run: long enough that the inner loop is spent in vector instructions.
constexpr std::size_t run_pixels = 16;

bool try_read(const Source& source, std::int64_t index, Image& image) {
  try {
    source.read(index, image);
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::data) throw;
    return false;
  }
}

void check_count(const std::vector<float>& values, int channels, const char* key) {
  if (values.size() <= 1 || values.size() == static_cast<std::size_t>(channels)) return;
  throw Error(ErrorKind::config, std::string("data.") + key + " has " +
                                     std::to_string(values.size()) + " entries, but views have " +
                                     std::to_string(channels) +
                                     " channels: give one entry a channel, or one for all");
}

float entry(const std::vector<float>& values, int channel, float fallback) {
  if (values.empty()) return fallback;
  return values[values.size() == 1 ? 0 : static_cast<std::size_t>(channel)];
}

/// out = in * scale + shift for `run_pixels` values: a number of steps that the vectoriser knows.
template <class T>
void affine_run(const T* __restrict in, const float* __restrict scale,
                const float* __restrict shift, float* __restrict out) {
  for (std::size_t k = 0; k < run_pixels; ++k) {
    out[k] = static_cast<float>(in[k]) * scale[k] + shift[k];
  }
}

/// The same for `count` values, where the pattern of factors repeats after `run_pixels` pixels.
template <class T>
void affine(const T* in, std::size_t count, const std::vector<float>& scale,
            const std::vector<float>& shift, float* out) {
  std::size_t i = 0, k = 0;
  for (; i + run_pixels <= count; i += run_pixels) {
    affine_run(in + i, scale.data() + k, shift.data() + k, out + i);
    k = k + run_pixels == scale.size() ? 0 : k + run_pixels;
  }
  for (; i < count; ++i, ++k) out[i] = static_cast<float>(in[i]) * scale[k] + shift[k];
}

}  // namespace

Normalization measure(const Source& source, std::int64_t at_most) {
  const std::int64_t taken = std::min(source.size(), std::max<std::int64_t>(at_most, 1));
  Moments moments;
  Image image;
  for (std::int64_t i = 0; i < taken; ++i) {
    const auto index =
        static_cast<std::int64_t>((static_cast<double>(i) + 0.5) *
                                  static_cast<double>(source.size()) / static_cast<double>(taken));
    if (!try_read(source, index, image)) continue;
    const auto channels = static_cast<std::size_t>(image.channels());
    if (moments.channels() != 0 && moments.channels() != channels) {
      throw Error(ErrorKind::data, source.name(index) + " has " + std::to_string(channels) +
                                       " channels, the pictures before it have " +
                                       std::to_string(moments.channels()) +
                                       ": set data.channels to 1 or 3");
    }
    moments.add(image);
  }
  if (moments.channels() == 0) {
    throw Error(ErrorKind::data, "none of the " + std::to_string(taken) +
                                     " pictures taken to measure mean and std can be read");
  }
  return moments.result();
}

Normalizer::Normalizer(const Normalization& values, int channels)
    : channels_(static_cast<std::size_t>(channels)) {
  check_count(values.mean, channels, "mean");
  check_count(values.std, channels, "std");
  for (std::size_t pixel = 0; pixel < run_pixels; ++pixel) {
    for (int c = 0; c < channels; ++c) {
      const float mean = entry(values.mean, c, 0), std = entry(values.std, c, 1);
      if (!(std > 0)) throw Error(ErrorKind::config, "data.std must be above 0 in every channel");
      bytes_.scale.push_back(1 / (255 * std));
      floats_.scale.push_back(1 / std);
      bytes_.shift.push_back(-mean / std);
    }
  }
  floats_.shift = bytes_.shift;
}

void Normalizer::write(const Image& image, float* out) const {
  if (image.type() == PixelType::u8) {
    write(image.u8(), image.values(), out);
  } else {
    affine(image.f32(), image.values(), floats_.scale, floats_.shift, out);
  }
}

void Normalizer::write(const std::uint8_t* pixels, std::size_t count, float* out) const {
  affine(pixels, count, bytes_.scale, bytes_.shift, out);
}

PixelScale Normalizer::pixel_scale() const {
  const auto first = [this](const std::vector<float>& run) {
    return std::vector<float>(run.begin(), run.begin() + static_cast<std::ptrdiff_t>(channels_));
  };
  return {first(bytes_.scale), first(bytes_.shift)};
}

}  // namespace tandem::data
