#pragma once

#include "plugin/catalog.hpp"
#include "run/configuration.hpp"
#include "tandem/base/log.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace tandem::run {

/// What came of a step that was done again.
struct Replay {
  std::int64_t step = 0;  ///< its number, from 1
  std::string problem;    ///< what stopped it then
  std::string seen;       ///< what stops it now; empty where it goes well
  double loss = 0;        ///< where it goes well
};

struct ReplayOptions {
  /// Over the configuration of the folder, whose word on `backbone.trust` does not count: what it
  /// came with runs for whoever says so here.
  std::vector<Assignment> assignments;
  std::function<void(int threads)> set_threads;  ///< told what the run was trained with
};

/// Does the step again that a guard stopped, from what the run kept of it: weights, optimizer and
/// the views themselves, so that no picture is needed. Changes nothing on disk. Throws
/// Error(checkpoint) for a folder that is no such thing or is damaged.
Replay replay(const std::filesystem::path& folder, const ReplayOptions& options,
              plugin::Catalog& catalog, Log& log);

}  // namespace tandem::run
