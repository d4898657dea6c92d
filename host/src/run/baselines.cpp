#include "run/baselines.hpp"

#include "eval/few_labels.hpp"
#include "eval/knn.hpp"
#include "eval/pca.hpp"
#include "run/evaluation.hpp"
#include "run/pictures.hpp"
#include "run/trained_run.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace tandem::run {
namespace {

constexpr std::int64_t principal_components = 128;

double percent(double share) {
  return 100 * share;
}

bool has_ten_of_each(const std::vector<std::int64_t>& labels) {
  std::map<std::int64_t, int> counts;
  for (const auto label : labels) {
    if (label >= 0) ++counts[label];
  }
  return std::all_of(counts.begin(), counts.end(),
                     [](const auto& item) { return item.second >= 10; });
}

struct Sets {
  eval::Features bank, queries, shifted;
};

Accuracies measure(std::string name, const Sets& sets, const config::Config& config) {
  auto settings = eval::knn_grid();
  settings.insert(settings.begin(), knn_setting(config));
  const auto results = eval::knn(sets.bank, sets.queries, settings);
  const auto& best = eval::best(results);
  const eval::KnnSetting plain[] = {knn_setting(config)};
  Accuracies line;
  line.features = std::move(name);
  line.knn = percent(results.front().top1);
  line.best_knn = percent(best.top1);
  line.best_k = best.setting.k;
  line.best_temperature = best.setting.temperature;
  if (has_ten_of_each(sets.bank.labels)) {
    const auto few = eval::few_labels(sets.bank, sets.queries);
    line.few_labels = percent(few.mean);
    line.few_labels_deviation = percent(few.deviation);
  }
  line.shifted = percent(eval::knn(sets.bank, sets.shifted, plain).front().top1);
  return line;
}

Sets encode(Encoder& encoder, Pictures& bank, Pictures& queries) {
  return {bank.encode(encoder), queries.encode(encoder), queries.encode(encoder, true)};
}

/// Pixels are shifted in the pictures that the network sees, and reduced after that.
Sets raw(Pictures& bank, Pictures& queries) {
  return {bank.describe(reduced_pixels), queries.describe(reduced_pixels),
          queries.describe(reduced_pixels, true)};
}

Sets project(const Sets& sets) {
  const eval::Pca pca(sets.bank.values, principal_components);
  const auto projected = [&](const eval::Features& features) {
    return eval::Features{pca.project(features.values), features.labels, features.name};
  };
  return {projected(sets.bank), projected(sets.queries), projected(sets.shifted)};
}

}  // namespace

Baselines compare_with_baselines(TrainedRun& run,
                                 const std::function<void(const Accuracies&)>& done) {
  const config::Config& config = run.config();
  const DataSet& data = run.data();
  const data::Shape& shape = run.shape();
  Baselines result;
  const auto add = [&](std::string name, const Sets& sets) {
    result.lines.push_back(measure(std::move(name), sets, config));
    done(result.lines.back());
  };
  {
    Pictures bank(data.bank, shape, {}, at::kFloat), queries(data.queries, shape, {}, at::kFloat);
    const auto sets = raw(bank, queries);
    result.protocol = protocol(config, data, left_out(sets.bank, sets.queries));
    const std::string pixels = pixel_features(shape);
    add(pixels, sets);
    add("PCA-128 of " + pixels, project(sets));
  }
  const auto type = precision(config.run);
  Pictures bank(data.bank, shape, data.normalization, type),
      queries(data.queries, shape, data.normalization, type);
  add("untrained " + config.backbone.id, encode(*run.untrained(), bank, queries));
  add("trained " + config.backbone.id, encode(run.encoder(), bank, queries));
  return result;
}

}  // namespace tandem::run
