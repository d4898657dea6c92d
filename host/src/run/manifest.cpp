#include "run/manifest.hpp"

#include "plugin/stamp.hpp"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <variant>

namespace tandem::run {
namespace {

using formats::Json;

std::string processor() {
  std::ifstream lines("/proc/cpuinfo");
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

Json plugins(const plugin::Catalog& catalog) {
  Json list = Json::array();
  for (const auto& file : catalog.files()) {
    if (!file.opened()) continue;
    list.push_back({{"id", plugin::text(file.stamp.id)},
                    {"version", plugin::text(file.stamp.version)},
                    {"file", std::filesystem::absolute(file.path).string()},
                    {"sha256", file.sha256}});
  }
  return list;
}

/// What `backbone.trust` let run: code that came in a file of the user's.
Json trusted_files(const config::Config& config) {
  Json list = Json::array();
  if (!config.backbone_host.trust) return list;
  for (std::size_t i = 0; i < config.backbone.values.size(); ++i) {
    if (config.backbone.schema->params[i].unit != "path") continue;
    const auto* file = std::get_if<std::string>(&config.backbone.values[i]);
    if (file == nullptr || !std::filesystem::is_regular_file(*file)) continue;
    list.push_back({{"file", *file}, {"sha256", plugin::sha256(*file)}});
  }
  return list;
}

}  // namespace

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

std::map<std::string, std::string> named_files(const config::Config& config) {
  std::map<std::string, std::string> files;
  const auto add = [&](const char* section, const config::Component& part) {
    for (std::size_t i = 0; i < part.values.size(); ++i) {
      const auto& param = part.schema->params[i];
      const auto* file = std::get_if<std::string>(&part.values[i]);
      if (param.unit == "path" && file != nullptr && std::filesystem::is_regular_file(*file))
        files[std::string(section) + "." + param.name] = plugin::sha256(*file);
    }
  };
  add("backbone", config.backbone);
  add("objective", config.objective);
  return files;
}

formats::TrainingState describe_machine() {
  formats::TrainingState state;
  state.tandem = TANDEM_VERSION;
  state.libtorch = TORCH_VERSION;
  state.processor = processor();
  state.capability = at::get_cpu_capability();
  state.threads = at::get_num_threads();
  return state;
}

formats::Json manifest(const config::Config& config, const plugin::Catalog& catalog,
                       const DataSet& data) {
  return {
      {"tandem", TANDEM_VERSION},
      {"libtorch", TORCH_VERSION},
      {"compiler", plugin::text(plugin::host_stamp().compiler)},
      {"started", utc_now()},
      {"seed", config.run.seed},
      {"machine",
       {{"processor", processor()},
        {"cpu_capability", at::get_cpu_capability()},
        {"threads", at::get_num_threads()}}},
      {"data",
       {{"path", config.data.path},
        {"pictures", data.train->size()},
        {"fingerprint", data::fingerprint(*data.train)},
        {"mean", data.normalization.mean},
        {"std", data.normalization.std}}},
      {"plugins", plugins(catalog)},
      {"trusted_files", trusted_files(config)},
  };
}

}  // namespace tandem::run
