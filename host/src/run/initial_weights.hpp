#pragma once

#include "formats/json_lines.hpp"
#include "roles/encoder.hpp"
#include "tandem/base/log.hpp"

#include <filesystem>
#include <string>

namespace tandem::run {

/// Weights that a backbone starts from.
struct InitialWeights {
  std::filesystem::path file;  ///< safetensors, or a run's folder; empty: none
  std::string strip_prefix;    ///< what the backbone's names begin with in the file, "backbone."
};

/// Gives an encoder the weights of a file, by name, and says in the log what of the file was left
/// out: what does not begin with the prefix, and what belongs to layers behind the tap, as the
/// classifier of a torchvision file does. BatchNorm's counters of batches may be lacking, as in
/// files of old. Throws Error(checkpoint), which lists all that is missing, unknown or of another
/// shape, for any other file. Returns what a manifest says of it; null where no file is named.
formats::Json load_initial_weights(const InitialWeights& from, roles::HostEncoder& encoder,
                                   Log& log);

}  // namespace tandem::run
