#pragma once

#include "data/source.hpp"
#include "formats/json_lines.hpp"

#include <cstdint>

namespace tandem::run {

/// A picture's name, label and a PNG of it as a data URI: at its own size, or its middle at 40 × 40
/// pixels; a series is plotted. Throws Error(data) where it cannot be read.
formats::Json thumbnail(const data::Source& source, std::int64_t index);

}  // namespace tandem::run
