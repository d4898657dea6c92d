#pragma once

#include <cstddef>
#include <cstdint>

namespace tandem::data {

/// How many channels pixels of `stored` channels are read as when `wanted` (0: as they are) are
/// asked for. Throws Error(config) unless both are equal, or grey and colour.
int read_channels(int stored, int wanted);

/// Copies pixels: as they are, grey to colour, or colour to grey.
void copy_pixels(const std::uint8_t* in, int stored, std::size_t pixels, int wanted,
                 std::uint8_t* out);

}  // namespace tandem::data
