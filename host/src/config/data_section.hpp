#pragma once

#include "config/document.hpp"
#include "config/sections.hpp"

namespace tandem::config {

/// The [data] section of a document that holds no other, for commands that need no plugins. Throws
/// one Error(config) that lists every problem.
DataSection check_data_section(const Document& document);

}  // namespace tandem::config
