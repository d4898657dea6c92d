#pragma once

#include "plugin/catalog.hpp"
#include "tandem/base/log.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace tandem::run {

/// What came of a step that was done again.
struct Replay {
  std::int64_t step = 0;  ///< its number, from 1
  std::string problem;    ///< what stopped it then
  std::string seen;       ///< what stops it now; empty where it goes well
  double loss = 0;        ///< where it goes well
};

/// Does the step again that a guard stopped, from what the run kept of it: weights, optimizer and
/// the views themselves, so that no picture is needed. Changes nothing on disk. Throws
/// Error(checkpoint) for a folder that is no such thing or is damaged.
Replay replay(const std::filesystem::path& folder, plugin::Catalog& catalog, Log& log);

}  // namespace tandem::run
