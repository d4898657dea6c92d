#pragma once

#include "taps.hpp"

#include <cstddef>
#include <cstdint>

namespace tandem::image {

/// Values are taken so many at a time.
constexpr std::size_t values_together = 16;

/// Weighted sums of lines of bytes, rounded and cut off: for each position of `taps`, `count`
/// values of the lines, `stride` apart, under its window. `count` is a multiple of
/// `values_together`.
void weigh_lines(const std::uint8_t* lines, std::size_t stride, const Taps<std::int32_t>& taps,
                 std::size_t count, std::uint8_t* out, std::size_t out_stride);

}  // namespace tandem::image
