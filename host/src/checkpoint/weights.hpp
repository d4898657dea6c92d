#pragma once

#include "formats/safetensors.hpp"
#include "tandem/sdk/stateful.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tandem::checkpoint {

/// Writes named tensors as a safetensors file, whole or not at all; equal state and metadata give
/// equal bytes. Tensors may be on any device and in any layout; parameters that share memory are
/// stored each for itself. Throws Error(resource) where the disk is full, Error(internal) for two
/// tensors of one name or a type that the format lacks. [main thread]
void save_weights(const std::filesystem::path& path, const State& state,
                  const formats::Metadata& metadata = {});
/// All parameters and buffers of an object.
void save_weights(const std::filesystem::path& path, Stateful& object,
                  const formats::Metadata& metadata = {});

struct LoadOptions {
  /// Refuse a file that lacks a tensor of the object or has one more.
  bool strict = true;
  /// Only the file's tensors whose names start so count, without it: "backbone." of a whole run's.
  std::string prefix;
};

/// What a load that was not strict left out.
struct LoadResult {
  std::vector<std::string> missing;  ///< of the object, and kept as they were
  std::vector<std::string> extra;    ///< of the file, without the prefix
};

/// Copies a file's tensors into an object by name; floating-point types convert. Checks everything
/// before it changes anything. Throws Error(checkpoint) for a file that is not valid, and one that
/// names all missing, unknown and misshapen tensors of one that does not fit; a shape that differs,
/// and a file of which nothing fits, are refused even where `strict` is false. [main thread]
LoadResult load_weights(const std::filesystem::path& path, Stateful& object,
                        const LoadOptions& options = {});

}  // namespace tandem::checkpoint
