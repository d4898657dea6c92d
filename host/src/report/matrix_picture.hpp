#pragma once

#include "report/observer.hpp"
#include "tandem/base/image.hpp"

namespace tandem::report {

/// A matrix as an RGB picture, `cell` pixels an entry: -1 blue, 0 white, 1 red. Values that are not
/// finite are grey.
Image picture_of(const MatrixEvent& matrix, int cell);

}  // namespace tandem::report
