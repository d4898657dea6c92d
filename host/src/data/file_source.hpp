#pragma once

#include "data/decode.hpp"
#include "data/path_table.hpp"
#include "data/source.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace tandem::data {

/// Pictures in files of their own, at `paths` below `folder`; `labels` is empty where there are
/// none.
std::unique_ptr<Source> file_source(std::filesystem::path folder, PathTable paths,
                                    std::vector<std::int32_t> labels,
                                    const DecodeOptions& decoding);

}  // namespace tandem::data
