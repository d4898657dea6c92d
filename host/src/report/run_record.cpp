#include "report/run_record.hpp"

#include "formats/regular_file.hpp"
#include "report/metrics_reader.hpp"

#include <algorithm>
#include <limits>

namespace tandem::report {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

constexpr std::uint64_t largest_config = 1 << 20;  // as config::parse_file's

std::string name_of(const std::filesystem::path& folder) {
  const auto full = std::filesystem::absolute(folder / ".").lexically_normal().parent_path();
  const std::string name = full.filename();
  return name.starts_with("seed-") ? full.parent_path().filename().string() + "/" + name : name;
}

void require_run(const std::filesystem::path& folder) {
  for (const char* file : {"config.toml", "metrics.jsonl"}) {
    if (std::filesystem::is_regular_file(folder / file)) continue;
    throw not_a_run(folder, file);
  }
}

}  // namespace

const Points& RunRecord::points(const std::string& curve) const {
  static const Points none;
  const auto found = std::find_if(curves.begin(), curves.end(),
                                  [&](const Curve& item) { return item.name == curve; });
  return found == curves.end() ? none : found->points;
}

double RunRecord::last_value(const std::string& value) const {
  for (auto event = evaluations.rbegin(); event != evaluations.rend(); ++event) {
    if (event->step != steps) continue;
    for (const auto& item : event->values)
      if (item.name == value) return item.value;
  }
  return nan;
}

double RunRecord::images_per_second() const {
  return step_seconds > 0 ? images / step_seconds : nan;
}

std::map<std::string, std::string> used_plugins(const RunRecord& run) {
  std::map<std::string, std::string> hashes;
  const auto list = run.manifest.find("plugins");
  if (list == run.manifest.end() || !list->is_array()) return hashes;
  for (const auto& plugin : *list) {
    if (!plugin.is_object()) continue;
    const auto id = plugin.find("id"), hash = plugin.find("sha256");
    if (id == plugin.end() || hash == plugin.end() || !id->is_string() || !hash->is_string())
      continue;
    hashes[id->get<std::string>()] = hash->get<std::string>();
  }
  return hashes;
}

Error not_a_run(const std::filesystem::path& folder, const std::string& file) {
  return Error(ErrorKind::usage, std::filesystem::exists(folder)
                                     ? folder.string() + " is not a run folder: it has no " + file
                                     : folder.string() + ": no such run folder");
}

RunRecord read_run(const std::filesystem::path& folder) {
  require_run(folder);
  RunRecord run;
  run.folder = folder;
  run.name = name_of(folder);
  run.config = formats::read_small_file(folder / "config.toml", largest_config, ErrorKind::config);
  run.manifest = formats::read_json_object(folder / "manifest.json");
  run.gallery = formats::read_json_object(folder / "gallery.json");
  const auto number = [&](const char* key) {
    const auto found = run.manifest.find(key);
    return found != run.manifest.end() && found->is_number() ? found->get<double>() : 0;
  };
  const auto seed = run.manifest.find("seed");
  if (seed != run.manifest.end() && seed->is_number_integer()) run.seed = seed->get<std::int64_t>();
  run.peak_bytes = number("peak_memory_bytes");
  read_metrics(folder / "metrics.jsonl", run);
  return run;
}

}  // namespace tandem::report
