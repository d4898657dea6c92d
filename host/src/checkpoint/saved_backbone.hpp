#pragma once

#include "formats/safetensors.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tandem::checkpoint {

/// What a file of weights says about the network that they belong to: enough to make it again with
/// nothing but its plugin, and to feed it as in training.
struct SavedBackbone {
  std::string id;          ///< "resnet18"
  std::string parameters;  ///< the plugin's, as the lines of a configuration's [backbone]
  std::string tap, pool;
  std::int64_t channels = 0, height = 0, width = 0;  ///< of a view
  /// Of values in 0 … 1 (floats as they are): one a channel, one for all, or none.
  std::vector<double> mean, std;

  bool operator==(const SavedBackbone&) const = default;
};

formats::Metadata to_metadata(const SavedBackbone& saved);

/// Throws Error(checkpoint) for a file whose metadata say too little, or no sense.
SavedBackbone saved_backbone(const formats::SafetensorsFile& file);

}  // namespace tandem::checkpoint
