#pragma once

#include "formats/safetensors.hpp"
#include "tandem/sdk/stateful.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace tandem::checkpoint {

/// Writes named tensors as a safetensors file, whole or not at all; equal state and metadata give
/// equal bytes. Tensors may be on any device and in any layout; parameters that share memory are
/// stored each for itself. Throws Error(resource) where the disk is full, Error(internal) for two
/// tensors of one name or a type that the format lacks. [main thread]
formats::FileSum save_weights(const std::filesystem::path& path, const State& state,
                              const formats::Metadata& metadata = {});
/// All parameters and buffers of an object.
formats::FileSum save_weights(const std::filesystem::path& path, Stateful& object,
                              const formats::Metadata& metadata = {});

/// What a visit names, of something that is no Stateful.
State collect(const std::function<void(StateVisitor&)>& visit);
/// The bytes of all tensors.
std::uint64_t bytes_of(const State& state);

/// Says of a tensor's name whether something is in order.
using NamePredicate = std::function<bool(const std::string& name)>;

struct LoadOptions {
  /// Refuse a file that lacks a tensor of the object or has one more.
  bool strict = true;
  /// Only the file's tensors whose names start so count, without it: "backbone." of a whole run's.
  std::string prefix;
  /// Tensors that a strict load can do without, and those of the file that it leaves.
  NamePredicate may_lack = {}, may_have_more = {};
  /// What to do about a file that does not fit: the end of the message.
  std::string remedy = "use the backbone, settings and tap that it was saved with";
};

/// What a load left out.
struct LoadResult {
  std::vector<std::string> missing;  ///< of the object, and kept as they were
  std::vector<std::string> extra;    ///< of the file, without the prefix
};

/// "2 tensors are missing: a, b", with at most eight names; nothing where there are none.
std::string listed(const std::vector<std::string>& names, const std::string& singular,
                   const std::string& plural);

/// Copies a file's tensors into an object by name; floating-point types convert. Checks everything
/// before it changes anything. Throws Error(checkpoint) for a file that is not valid or whose data
/// does not have its checksum, and one that names all missing, unknown and misshapen tensors of one
/// that does not fit; a shape that differs, and a file of which nothing fits, are refused even
/// where `strict` is false. [main thread]
LoadResult load_weights(const std::filesystem::path& path, Stateful& object,
                        const LoadOptions& options = {});
/// The same into the tensors of a state.
LoadResult load_weights(const std::filesystem::path& path, const State& state,
                        const LoadOptions& options = {});

}  // namespace tandem::checkpoint
