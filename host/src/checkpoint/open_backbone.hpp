#pragma once

#include "checkpoint/saved_backbone.hpp"
#include "plugin/catalog.hpp"
#include "tandem/sdk/backbone.hpp"

#include <filesystem>
#include <memory>

namespace tandem::checkpoint {

/// A trained backbone and what its file says about it.
struct OpenedBackbone {
  SavedBackbone saved;
  std::unique_ptr<Backbone> backbone;  ///< float32 on the CPU, in eval mode
  bool contiguous = false;  ///< pictures and weights lie channel by channel; else channels-last
};

/// Makes the backbone that a file of weights describes, and gives it these weights. `trust`: code
/// from files that its parameters name may run. Throws Error(checkpoint) for a file that says too
/// little or does not fit, Error(plugin) where no plugin provides the backbone. [main thread]
OpenedBackbone open_backbone(const std::filesystem::path& weights, plugin::Catalog& catalog,
                             bool trust, Log& log);

}  // namespace tandem::checkpoint
