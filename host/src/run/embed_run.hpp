#pragma once

#include "plugin/catalog.hpp"
#include "run/configuration.hpp"
#include "tandem/base/log.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace tandem::run {

struct EmbedOptions {
  std::filesystem::path subject;            ///< a run folder, or a file of weights
  std::vector<Assignment> assignments;      ///< over its configuration, e.g. which pictures
  std::filesystem::path out;                ///< FILE.safetensors, .npy or .csv
  bool overwrite = false;                   ///< replace `out`
  const std::atomic<bool>* stop = nullptr;  ///< set from outside to end after the current batch
  std::function<void(int)> set_threads;     ///< given run.threads before anything is computed
  /// Told of pictures done, of how many.
  std::function<void(std::int64_t, std::int64_t)> progress;
};

struct EmbedSummary {
  std::int64_t pictures = 0, width = 0;
  std::int64_t resumed = 0;             ///< rows that an earlier, interrupted embed had made
  std::vector<std::string> unreadable;  ///< names of pictures whose row is zeros
  bool labelled = false;                ///< whether any picture has a label
  bool whole = true;                    ///< false where `stop` ended it
  std::string of;                       ///< what the features are of
  std::string epochs;                   ///< that the network was trained
};

/// The features of un-augmented pictures in eval mode, one row a picture in the order of the data
/// set, written as run/feature_output.hpp says. A picture that cannot be read is named in the log;
/// its row is zeros without a label, so that rows and pictures keep one order. Until all is done,
/// rows are kept in OUT.partial, which stays behind whatever ends it; the same call then goes on
/// where it stopped, at a whole batch, and the file ends up with the same bytes.
///
/// Throws Error(usage) where `out` exists or OUT.partial was begun with something else, Error(data)
/// where more than data.max_bad of the pictures cannot be read, Error(guard) where a feature is not
/// finite, and what opening network and pictures throws. [main thread]
EmbedSummary embed(const EmbedOptions& options, plugin::Catalog& catalog, Log& log);

}  // namespace tandem::run
