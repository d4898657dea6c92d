#include "run/run_page.hpp"

#include "formats/atomic_file.hpp"
#include "report/page.hpp"

#include <sys/resource.h>

#include <exception>
#include <fstream>

namespace tandem::run {
namespace {

using formats::Json;

void add_peak_memory(const std::filesystem::path& file) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::ifstream in(file);
  Json manifest = Json::parse(in);
  manifest["peak_memory_bytes"] = std::int64_t{usage.ru_maxrss} << 10;
  formats::write_file(file, manifest.dump(2) + "\n");
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
    try_to("pictures of the embeddings",
           [&] { formats::write_file(folder.file(files::gallery), gallery().dump() + "\n"); });
  }
  try_to("report.html", [&] { report::write_run_page(folder.path()); });
}

}  // namespace tandem::run
