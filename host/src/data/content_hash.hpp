#pragma once

#include "tandem/base/image.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace tandem::data {

/// The first 128 bits of a SHA-256: equal content has equal hashes, and other content other ones.
using ContentHash = std::array<std::uint8_t, 16>;

/// Of a picture's size, channels and decoded pixels.
ContentHash content_hash(const Image& image);
/// Of hashes, in their order.
ContentHash content_hash(std::span<const ContentHash> hashes);

std::string hex(const ContentHash& hash);

}  // namespace tandem::data
