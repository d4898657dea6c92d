#pragma once

#include "formats/safetensors.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace tandem::run {

/// Features as they are written: one row a picture, in the order of the data set.
struct FeatureTable {
  std::span<const float> values;  ///< labels.size() rows
  std::int64_t width = 0;
  std::vector<std::int64_t> labels;  ///< -1 where there is none
  std::function<std::string(std::int64_t)> name;
};

/// How a file's name ends says its format. Throws Error(usage) for another end than .safetensors,
/// .npy and .csv.
void require_feature_format(const std::filesystem::path& path);

/// Writes the table, whole or not at all: .safetensors with tensors `features` and `labels`, .npy
/// with the features, both with the names in PATH.files.txt, a line each; .csv with name, label and
/// values. Line ends in names become spaces. Throws Error(resource) where it cannot be written.
void write_features(const std::filesystem::path& path, const FeatureTable& table,
                    const formats::Metadata& metadata);

}  // namespace tandem::run
