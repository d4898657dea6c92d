#include "run/evaluation.hpp"

#include "eval/features.hpp"
#include "eval/knn.hpp"
#include "run/model.hpp"
#include "run/pictures.hpp"
#include "tandem/base/log.hpp"

namespace tandem::run {
namespace {

eval::KnnSetting setting(const config::Config& config) {
  return {config.eval.k, config.eval.temperature};
}

}  // namespace

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

std::string protocol(const config::Config& config, const DataSet& data) {
  return Log::join("kNN top1 in %, cosine, k ", config.eval.k, ", T ", config.eval.temperature,
                   ", features of ", network(config), ", eval mode, ", split(data), ", seed ",
                   config.run.seed);
}

report::EvalEvent evaluate_knn(Encoder& encoder, const config::Config& config, const DataSet& data,
                               const data::Shape& shape, std::int64_t epoch, std::int64_t step) {
  const auto type = precision(config.run);
  Pictures bank(data.bank, shape, data.normalization, type),
      queries(data.queries, shape, data.normalization, type);
  const eval::KnnSetting settings[] = {setting(config)};
  const auto results = eval::knn(bank.encode(encoder), queries.encode(encoder), settings);
  report::EvalEvent event;
  event.name = "knn";
  event.protocol = Log::join(protocol(config, data), ", after ", step, " steps, epoch ", epoch);
  event.values = {{"knn_top1", 100 * results.front().top1}};
  event.step = step;
  event.epoch = epoch;
  return event;
}

}  // namespace tandem::run
