#pragma once

#include "data/decode.hpp"
#include "data/path_table.hpp"
#include "data/source.hpp"

#include <filesystem>
#include <memory>

namespace tandem::data {

/// Pictures in files of their own, at `paths` below `folder`.
std::unique_ptr<Source> file_source(std::filesystem::path folder, PathTable paths, Classes classes,
                                    const DecodeOptions& decoding);

}  // namespace tandem::data
