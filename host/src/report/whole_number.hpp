#pragma once

#include "formats/json_lines.hpp"

#include <cstdint>

namespace tandem::report {

/// A whole number of a file's. Throws Json's own exception where it is none or out of range, which
/// Json itself would turn into any number.
std::int64_t whole_number(const formats::Json& value);

}  // namespace tandem::report
