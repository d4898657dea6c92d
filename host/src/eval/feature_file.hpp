#pragma once

#include "eval/features.hpp"

#include <filesystem>
#include <string>

namespace tandem::eval {

/// A file of features that `tandem embed` wrote, or another with the same tensors.
struct FeatureFile {
  Features features;
  std::string of;       ///< what they are features of, in words
  std::string epochs;   ///< that the network was trained; "unknown" where the file does not say
  std::string weights;  ///< hash of the network's weights; empty likewise
};

/// Reads the tensors `features` (N, F), floating-point, and `labels` (N), integers, of a
/// safetensors file, the classes' names from its metadata, and those of the pictures in
/// FILE.files.txt, where they are there. Throws Error(checkpoint)
/// for a file that is not valid, Error(data) for one that holds no features.
FeatureFile read_features(const std::filesystem::path& path);

}  // namespace tandem::eval
