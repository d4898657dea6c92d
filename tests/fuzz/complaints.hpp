#pragma once

#include <string>

namespace fuzz {

/// Ends the program unless the message of a configuration that was refused gives each complaint a
/// line and a column of `text`, whose name is `name`, or of the line behind its last.
void require_places(const std::string& message, const std::string& text, const std::string& name);

}  // namespace fuzz
