#pragma once

#include <map>
#include <string>

namespace tandem::conformance {

/// What belongs to the process and no plugin may change, by name: handlers of signals, locale,
/// working folder, file mode mask, environment, floating-point mode, LibTorch's defaults.
using ProcessState = std::map<std::string, std::string>;
ProcessState process_state();

/// What differs, as "NAME from A to B", one a line; empty where nothing does.
std::string changes(const ProcessState& before, const ProcessState& after);

/// Marks where LibTorch's default generator of random numbers stands.
std::string generator_state();

}  // namespace tandem::conformance
