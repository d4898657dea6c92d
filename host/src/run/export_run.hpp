#pragma once

#include "plugin/catalog.hpp"
#include "tandem/base/log.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tandem::run {

struct ExportOptions {
  std::string format;             ///< safetensors, torchvision, timm or onnx
  std::string part = "backbone";  ///< or encoder+projector, of which safetensors alone is made
  std::filesystem::path out;
  bool overwrite = false;
  bool trust = false;  ///< for ONNX: code that the run's backbone came with may run
};

struct ExportSummary {
  std::size_t tensors = 0;         ///< of a safetensors file
  std::vector<std::string> notes;  ///< what who uses the file has to know
};

/// Writes a run's weights for other programs, whole or not at all. Needs neither the pictures of
/// the run nor, but for ONNX, its plugins. Throws Error(usage) for options that do not go together,
/// a folder that is no run, and a file that exists; Error(checkpoint) for weights that the format
/// cannot have; Error(plugin) for a backbone without a graph. [main thread]
ExportSummary export_run(const std::filesystem::path& run, const ExportOptions& options,
                         plugin::Catalog& catalog, Log& log);

}  // namespace tandem::run
