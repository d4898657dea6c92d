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

void check_accumulate(const Config& config, Problems& problems) {
  const TrainSection& train = config.train;
  if (train.accumulate < 1 || train.batch_size % train.accumulate == 0) return;
  problems.add(place_of(config, "train.accumulate"),
               "'accumulate' in [train] cuts a batch into equal chunks: batch_size, which is " +
                   std::to_string(train.batch_size) + ", must be a multiple of it, " +
                   std::to_string(train.accumulate));
}

void check_nesterov(const Config& config, Problems& problems) {
  const Component& optimizer = config.optimizer;
  if (optimizer.id != "sgd" || optimizer.values.empty()) return;
  const auto sgd = optimizer.params<SgdParams>();
  if (sgd.nesterov && sgd.momentum == 0)
    problems.add(place_of(config, "optimizer.nesterov"),
                 "'nesterov' in [optimizer] needs a momentum above 0");
}

void check_lars(const Config& config, Problems& problems) {
  const Component& optimizer = config.optimizer;
  if (optimizer.id != "lars" || optimizer.values.empty()) return;
  const auto lars = optimizer.params<LarsParams>();
  if (lars.clip_lr && lars.dialect != "solo")
    problems.add(place_of(config, "optimizer.clip_lr"),
                 "'clip_lr' in [optimizer] belongs to dialect = \"solo\", which is \"" +
                     lars.dialect + "\"");
  if (lars.dialect == "lightly" && lars.weight_decay == 0)
    problems.add(place_of(config, "optimizer.weight_decay"),
                 "dialect = \"lightly\" in [optimizer] adapts nothing where weight_decay is 0",
                 "use = \"sgd\" does the same");
}

/// What all schedules have, of any of them.
ScheduleCommon common_of(const Component& schedule) {
  if (schedule.id == "step") return schedule.params<StepSchedule>();
  if (schedule.id == "cosine") return schedule.params<CosineSchedule>();
  return schedule.params<ConstantSchedule>();
}

void check_warmup(const Config& config, Problems& problems) {
  if (config.schedule.values.empty()) return;
  const ScheduleCommon schedule = common_of(config.schedule);
  if (schedule.per == "epoch" && schedule.warmup_epochs > 0 && schedule.warmup_start == 0)
    problems.add(place_of(config, "schedule.per"),
                 "per = \"epoch\" in [schedule] with a warm-up from 0 spends an epoch at rate 0",
                 "give warmup_start, or per = \"step\"");
}

}  // namespace

void check_sections(const Config& config, Problems& problems) {
  check_pool(config, problems);
  check_normalize(config, problems);
  check_accumulate(config, problems);
  check_nesterov(config, problems);
  check_lars(config, problems);
  check_warmup(config, problems);
}

}  // namespace tandem::config
