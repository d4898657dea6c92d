#pragma once

#include "report/run_record.hpp"

namespace tandem::report {

/// Adds what a run's metrics.jsonl holds to its record: every kind of line that MetricsLog writes.
/// Lines of other kinds and unknown fields are passed over, damaged and endless lines counted.
/// What a resumed run did again counts once. Throws Error(data) where it is no regular file.
void read_metrics(const std::filesystem::path& file, RunRecord& run);

}  // namespace tandem::report
