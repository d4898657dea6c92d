#include "config/section_checks.hpp"

#include "config/pool.hpp"

#include <string>

namespace tandem::config {
namespace {

Origin place_of(const Config& config, const std::string& path) {
  const auto found = config.origins.find(path);
  return found == config.origins.end() ? Origin() : found->second;
}

void check_pool(const Config& config, Problems& problems) {
  const std::string& pool = config.backbone_host.pool;
  if (is_pool(pool)) return;
  problems.add(place_of(config, "backbone.pool"), "'pool' in [backbone]: must be " + pool_words() +
                                                      ", is " + tandem::to_toml(ParamValue(pool)));
}

void check_normalize(const Config& config, Problems& problems) {
  const DataSection& data = config.data;
  const bool custom = data.normalize == "custom";
  for (const std::string name : {"mean", "std"}) {
    const bool given = !(name == "mean" ? data.mean : data.std).empty();
    if (given && !custom) {
      problems.add(place_of(config, "data." + name),
                   "'" + name + "' in [data] is used with normalize = \"custom\" alone, which is " +
                       tandem::to_toml(ParamValue(data.normalize)));
    }
    if (custom && !given) {
      problems.add(place_of(config, "data.normalize"),
                   "normalize = \"custom\" needs '" + name + "' in [data]");
    }
  }
  if (custom && !data.mean.empty() && !data.std.empty() && data.mean.size() != data.std.size())
    problems.add(place_of(config, "data.std"),
                 "'std' in [data] must have as many elements as 'mean', " +
                     std::to_string(data.mean.size()) + ", has " + std::to_string(data.std.size()));
}

void check_nesterov(const Config& config, Problems& problems) {
  const Component& optimizer = config.optimizer;
  if (optimizer.id != "sgd" || optimizer.values.empty()) return;
  const auto sgd = optimizer.params<SgdParams>();
  if (sgd.nesterov && sgd.momentum == 0)
    problems.add(place_of(config, "optimizer.nesterov"),
                 "'nesterov' in [optimizer] needs a momentum above 0");
}

}  // namespace

void check_sections(const Config& config, Problems& problems) {
  check_pool(config, problems);
  check_normalize(config, problems);
  check_nesterov(config, problems);
}

}  // namespace tandem::config
