#pragma once

#include "formats/safetensors.hpp"
#include "roles/pooling.hpp"
#include "tandem/sdk/backbone.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace tandem::checkpoint {

/// What becomes an ONNX file. `name` is the backbone's in messages.
struct OnnxSource {
  std::string name;
  Backbone& backbone;  ///< float32, in eval mode
  const roles::Pooling& pooling;
  std::int64_t channels, height, width;
};

/// Writes backbone and pooling as ONNX, whole or not at all: "pictures" (N, C, H, W), normalised,
/// any N, to "features" (N, F), in float32. Before it writes, the description is compared with the
/// network itself on random pictures. Returns F. Throws Error(plugin) for a backbone that is not
/// Exportable, or that describes another network; Error(resource) where the file cannot be written.
std::int64_t save_onnx(const std::filesystem::path& path, const OnnxSource& source,
                       const formats::Metadata& metadata);

}  // namespace tandem::checkpoint
