#pragma once

#include "data/decode.hpp"
#include "data/source.hpp"

#include <filesystem>
#include <string>

namespace tandem::data {

/// How a source of encoded pictures decodes them: in colour unless told otherwise. Throws
/// Error(config) for a number of channels that no decoder gives.
DecodeOptions decoding(const SourceOptions& options);

/// Reads and decodes a file. Throws Error(data) with its name.
void decode_file(const std::filesystem::path& path, const DecodeOptions& options, Image& out);

/// Decodes bytes that came from `place`. Throws Error(data) with that name.
void decode_bytes(Bytes bytes, const std::string& place, const DecodeOptions& options, Image& out);

}  // namespace tandem::data
