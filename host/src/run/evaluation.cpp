#include "run/evaluation.hpp"

#include "eval/features.hpp"
#include "eval/knn.hpp"
#include "run/model.hpp"
#include "run/online_probe.hpp"
#include "run/pictures.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <utility>

namespace tandem::run {
namespace {

std::int64_t without_label(const eval::Features& features) {
  return std::count_if(features.labels.begin(), features.labels.end(),
                       [](std::int64_t label) { return label < 0; });
}

}  // namespace

eval::KnnSetting knn_setting(const config::Config& config) {
  return {config.eval.k, config.eval.temperature};
}

std::string network(const config::Config& config) {
  const auto& section = config.backbone_host;
  const std::string layer =
      section.tap.empty() ? "the backbone's default layer" : "layer '" + section.tap + "'";
  return Log::join(layer, ", pool ", section.pool, ", of ", config.backbone.id, " (",
                   config.objective.id, ")");
}

std::string split(const DataSet& data) {
  return Log::join("bank ", data.bank->size(), " training pictures, ", data.queries->size(),
                   " queries from ", data.queries_from, ", un-augmented");
}

std::string protocol(const config::Config& config, const DataSet& data, const std::string& parts) {
  return Log::join("kNN top1 in %, cosine, k ", config.eval.k, ", T ", config.eval.temperature,
                   ", features of ", network(config), ", eval mode, ", split(data), parts,
                   ", seed ", config.run.seed);
}

std::string left_out(const eval::Features& bank, const eval::Features& queries) {
  const std::int64_t answers = without_label(bank), asked = without_label(queries);
  if (answers + asked == 0) return "";
  return Log::join(", of which ", answers, " and ", asked,
                   " take no part: they cannot be read, or have no label");
}

std::vector<report::EvalEvent> evaluate(Encoder& encoder, const config::Config& config,
                                        const DataSet& data, const data::Shape& shape,
                                        std::int64_t epoch, std::int64_t step,
                                        const ProbeFollower* probe, const std::atomic<bool>& stop) {
  const auto type = precision(config.run);
  Pictures bank(data.bank, shape, data.normalization, type),
      queries(data.queries, shape, data.normalization, type);
  bank.stop_at(stop);
  queries.stop_at(stop);
  const auto known = bank.encode(encoder), asked = queries.encode(encoder);
  const eval::KnnSetting settings[] = {knn_setting(config)};
  report::EvalEvent event;
  event.name = "knn";
  event.values = {{"knn_top1", 100 * eval::knn(known, asked, settings).front().top1}};
  event.protocol = Log::join(protocol(config, data, left_out(known, asked)), ", after ", step,
                             " steps, epoch ", epoch);
  event.step = step;
  event.epoch = epoch;
  std::vector<report::EvalEvent> events = {std::move(event)};
  if (probe != nullptr && probe->steps() > 0)
    events.push_back(probe->evaluate(asked, config, data, epoch, step));
  return events;
}

}  // namespace tandem::run
