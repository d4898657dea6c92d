#pragma once

#include "formats/json_lines.hpp"
#include "formats/training_state.hpp"
#include "plugin/catalog.hpp"
#include "run/data_set.hpp"

#include <map>
#include <string>

namespace tandem::run {

/// What a run was made of, as far as it can change its numbers: versions, plugins in use with their
/// hashes, processor, threads, data.
formats::Json manifest(const config::Config& config, const plugin::Catalog& catalog,
                       const DataSet& data);

/// Versions, processor and threads of this process; the rest as it is by default.
formats::TrainingState describe_machine();
/// The SHA-256 of each file that the backbone's and the objective's keys name, by the key.
std::map<std::string, std::string> named_files(const config::Config& config);
/// "2026-01-31T23:59:59Z".
std::string utc_now();

}  // namespace tandem::run
