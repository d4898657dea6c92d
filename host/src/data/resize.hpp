#pragma once

#include "tandem/base/image.hpp"

#include <cstdint>

namespace tandem::data {

/// How pixels between pixels are made where a picture grows.
enum class Enlarging : std::uint8_t { nearest, linear };

/// `from` in the size of `to`, whose type and channels are the same: where it shrinks, each pixel
/// is the mean of the area that it covers. For evaluation and for pictures that people look at;
/// what training sees is the image plugin's. The two kinds of build differ by at most one level of
/// 255. [any thread]
void resize(const Image& from, Image& to, Enlarging how);

}  // namespace tandem::data
