#pragma once

#include "config/document.hpp"

#include <memory>
#include <string_view>

namespace tandem::config {

/// Reads `text` as TOML; positions refer to `source`, whose text may differ from `text` in letters
/// but not in places. Throws Error(config) with the place of what is not TOML.
Table parse_toml(std::string_view text, const std::shared_ptr<const Source>& source);

}  // namespace tandem::config
