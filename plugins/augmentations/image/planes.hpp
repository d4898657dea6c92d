#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace tandem::image {

/// Some RGB pixels with their channels apart, as loops over pixels want them. Bytes become whole
/// numbers.
struct alignas(64) Planes {
  static constexpr std::size_t size = 256;
  float r[size], g[size], b[size];

  /// `count` is at most `size`; what lies behind is left as it was.
  void load(const std::uint8_t* pixels, std::size_t count);
  void load(const float* pixels, std::size_t count);
  /// Values must be within the type's range; of bytes what lies behind the point is cut off.
  void store(std::uint8_t* pixels, std::size_t count) const;
  void store(float* pixels, std::size_t count) const;
};

/// The sum of some of a plane's values, in one order whatever the instruction set.
double sum_of(const float* values, std::size_t count);

/// Changes RGB pixels, some at a time: `change(planes)` works on all of `Planes::size`, of which
/// the last may be unused.
template <class T, class Change>
void change_rgb(T* pixels, std::size_t pixel_count, Change&& change) {
  Planes planes{};
  for (std::size_t done = 0; done < pixel_count; done += Planes::size) {
    const std::size_t count = std::min(Planes::size, pixel_count - done);
    planes.load(pixels + 3 * done, count);
    change(planes);
    planes.store(pixels + 3 * done, count);
  }
}

}  // namespace tandem::image
