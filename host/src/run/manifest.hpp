#pragma once

#include "formats/json_lines.hpp"
#include "plugin/catalog.hpp"
#include "run/data_set.hpp"

namespace tandem::run {

/// What a run was made of, as far as it can change its numbers: versions, plugins in use with their
/// hashes, processor, threads, data.
formats::Json manifest(const config::Config& config, const plugin::Catalog& catalog,
                       const DataSet& data);

}  // namespace tandem::run
