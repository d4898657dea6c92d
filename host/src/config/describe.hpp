#pragma once

#include "tandem/base/params.hpp"

#include <string>

namespace tandem::config {

/// What the parameter accepts, in a few words: "> 0", "0 … 1", "auto | cpu | cuda", "≥ 0 or auto".
std::string accepted(const Param& param);

/// A table of a schema's parameters for a terminal: name, type, default, what is accepted, unit,
/// meaning.
std::string describe(const Schema& schema);

/// The schema's parameters with their defaults as TOML to paste, one line each with its meaning as
/// a comment; `header` comes first, e.g. "[objective]\nuse = \"simsiam\"".
std::string example_toml(const std::string& header, const Schema& schema);

}  // namespace tandem::config
