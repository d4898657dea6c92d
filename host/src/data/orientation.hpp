#pragma once

#include "data/picture_header.hpp"
#include "tandem/base/image.hpp"

namespace tandem::data {

/// The orientation that the EXIF block of a JPEG, PNG or WebP asks for, 1 … 8; 1 where there is
/// none, or one that makes no sense.
int exif_orientation(Bytes bytes, PictureFormat format);

/// Turns and mirrors an 8-bit picture from how it is stored to how it is meant (EXIF 2.3, tag
/// 0x0112). Changes nothing for 1.
void orient(Image& image, int orientation);

}  // namespace tandem::data
