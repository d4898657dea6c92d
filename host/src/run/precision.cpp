#include "run/precision.hpp"

#include "config/parse.hpp"
#include "report/text.hpp"
#include "run/together.hpp"
#include "tandem/base/error.hpp"
#include "train/precision.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string>

namespace tandem::run {
namespace {

/// Of the run in a folder that is resumed; nothing where there is none.
std::optional<std::string> own_precision(const std::filesystem::path& folder) {
  const auto file = folder / files::config;
  if (!std::filesystem::exists(file)) return std::nullopt;
  const auto document = config::parse_file(file);
  const auto* node = document.find("run.precision");
  const std::string* text = node == nullptr ? nullptr : node->text();
  // Programs that wrote "auto" there trained in float32.
  return text == nullptr || *text == "auto" ? "float32" : *text;
}

std::string choose(bool on_cpu, Log& log) {
  if (!on_cpu) return "float32";
  const auto choice = train::choose_precision();
  if (!choice.probe) {
    log.write(LogLevel::debug, "float32: this processor multiplies no bfloat16");
    return "float32";
  }
  const std::string chosen = choice.bfloat16 ? "bfloat16" : "float32";
  log.info("run.precision is ", chosen, ": bfloat16 is ", report::fixed(choice.probe->gain(), 2),
           " times as fast as float32 here");
  return chosen;
}

/// What rank 0 says.
std::string agreed(const std::string& own, train::ProcessGroup* group) {
  constexpr std::array names = {"float32", "bfloat16", "float64"};
  const auto place = std::find(names.begin(), names.end(), own) - names.begin();
  return names.at(static_cast<std::size_t>(said_by_first(place, ranks_of(group))));
}

}  // namespace

config::Config settle_precision(config::Config config, FolderUse use, train::ProcessGroup* group,
                                Log& log) {
  std::string& precision = config.run.precision;
  const bool on_cpu = config.run.device != "cuda";
  if (precision == "auto") {
    std::string own;
    if (ranks_of(group).rank() == 0) {
      const auto before = use == FolderUse::resume ? own_precision(config.run.out) : std::nullopt;
      own = before ? *before : choose(on_cpu, log);
    }
    precision = agreed(own, group);
  }
  if (precision == "bfloat16" && !on_cpu)
    throw Error(ErrorKind::config,
                "run.precision = \"bfloat16\" is for run.device = \"cpu\": set it to \"float32\"");
  if (precision == "bfloat16" && !train::multiplies_bfloat16())
    log.warn(
        "run.precision is bfloat16, for which this processor has no instructions: a step "
        "takes ten times as long as in float32, or more");
  return config;
}

}  // namespace tandem::run
