#pragma once

#include "formats/safetensors.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tandem::checkpoint {

/// Every entry of the state dict that torchvision's classifier of this name has, and timm's, with
/// its shape: "resnet18", "resnet34", "resnet50" (He et al. 2016, table 1). Empty for other names.
std::map<std::string, std::vector<std::int64_t>> torchvision_entries(const std::string& network);

/// What a file of weights is to torchvision.
struct TorchvisionFit {
  std::vector<std::string> missing, extra, mismatched;  ///< besides what the next two say
  bool lacks_classifier = false;                        ///< fc, which pre-training leaves out
  std::vector<std::int64_t> other_stem;                 ///< conv1's shape, where it is another
  bool fits() const { return missing.empty() && extra.empty() && mismatched.empty(); }
};
TorchvisionFit compare_with_torchvision(const formats::SafetensorsFile& file,
                                        const std::string& network);

}  // namespace tandem::checkpoint
