#include "run/run_page.hpp"

#include "formats/atomic_file.hpp"
#include "report/page.hpp"
#include "tandem/base/error.hpp"

#include <exception>
#include <fstream>
#include <string>
#include <string_view>

namespace tandem::run {
namespace {

using formats::Json;

/// Not getrusage's, which takes over what the process that started this one had; 0: unknown.
std::int64_t peak_bytes() {
  constexpr std::string_view name = "VmHWM:";
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name)) return std::stoll(line.substr(name.size())) << 10;
  return 0;
}

void add_peak_memory(const std::filesystem::path& file) {
  const std::int64_t bytes = peak_bytes();
  if (bytes == 0) return;
  auto manifest = formats::read_json_object(file);
  if (manifest.empty()) throw Error(ErrorKind::data, file.string() + " is missing or damaged");
  manifest["peak_memory_bytes"] = bytes;
  formats::write_file(file, formats::json_text(manifest));
}

}  // namespace

void write_page(const RunFolder& folder, const std::function<Json()>& gallery, Log& log) {
  const auto try_to = [&](const char* what, const auto& write) {
    try {
      write();
    } catch (const std::exception& error) {
      const std::string reason = error.what();
      log.warn("no ", what, " in ", folder.path().string(), ": ",
               reason.substr(0, reason.find('\n')));
    }
  };
  try_to("peak memory", [&] { add_peak_memory(folder.file(files::manifest)); });
  if (gallery) {
    try_to("pictures of the embeddings", [&] {
      formats::write_file(folder.file(files::gallery), formats::json_text(gallery()));
    });
  }
  try_to("report.html", [&] { report::write_run_page(folder.path()); });
}

}  // namespace tandem::run
