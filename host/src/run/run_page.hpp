#pragma once

#include "formats/json_lines.hpp"
#include "run/run_folder.hpp"
#include "tandem/base/log.hpp"

#include <functional>

namespace tandem::run {

/// Adds to a run's folder what its page needs beside its metrics, and writes the page: the peak
/// memory of this process into manifest.json, what `gallery` returns into gallery.json (a null
/// function: nothing), report.html. A run that is trained does not fail over its page: whatever
/// goes wrong is a warning, and the rest is written.
void write_page(const RunFolder& folder, const std::function<formats::Json()>& gallery, Log& log);

}  // namespace tandem::run
