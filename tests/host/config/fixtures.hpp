#pragma once

#include "config/config.hpp"
#include "tandem/base/error.hpp"

#include <string>

namespace config_test {

/// The schemas of a few plugins that exist nowhere else: objectives `barlow_twins` and `simsiam`,
/// backbone `resnet18`, operations `crop`, `grayscale`, and `clash`, whose schema is wrong.
const tandem::Schema& lookup(tandem::Role role, const std::string& id);

/// A configuration file without an error, with every table.
extern const char* const complete;

/// What was thrown, as "KIND: message"; "nothing" where nothing was.
template <class Function>
std::string error_of(Function&& function) {
  try {
    function();
  } catch (const tandem::Error& error) {
    return std::to_string(static_cast<int>(error.kind())) + ": " + error.what();
  }
  return "nothing";
}

/// Parses and checks a text that is called "c.toml".
tandem::config::Config checked(const std::string& text);

/// `complete` with one line replaced; fails where the line is not there once.
std::string with(const std::string& line, const std::string& replacement);

/// `complete` with assignments "--set #1", "--set #2", … on top, and what checking it throws.
tandem::config::Document assigned(const tandem::Strings& assignments);
std::string set_error(const tandem::Strings& assignments);

}  // namespace config_test
