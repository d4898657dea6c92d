#pragma once

#include "data/check_data.hpp"
#include "formats/json_lines.hpp"

#include <string>

namespace tandem::cli {

/// What `tandem data check` prints; names pictures as `source` does. `training` is the fingerprint
/// of those that a run would train on.
std::string data_report_text(const data::DataReport& report, const data::Source& source,
                             const std::string& training);
formats::Json data_report_json(const data::DataReport& report, const data::Source& source,
                               const std::string& training);

}  // namespace tandem::cli
