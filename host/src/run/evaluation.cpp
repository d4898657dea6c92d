#include "run/evaluation.hpp"

#include "data/plain.hpp"
#include "eval/features.hpp"
#include "eval/few_labels.hpp"
#include "eval/knn.hpp"
#include "eval/pca.hpp"
#include "eval/shift.hpp"
#include "run/model.hpp"
#include "tandem/base/log.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace tandem::run {
namespace {

constexpr std::int64_t largest_raw_side = 32;

/// The most values that are compared raw: of a series, which has one row, as many as of a picture.
std::int64_t largest_raw_width(std::int64_t height) {
  return height == 1 ? largest_raw_side * largest_raw_side : largest_raw_side;
}

constexpr std::int64_t principal_components = 128;
constexpr std::int64_t shift_pixels = 3;

/// The un-augmented pictures of a source as tensors, and their labels.
class Pictures {
 public:
  Pictures(SourcePointer source, const data::Shape& shape, data::Normalization normalization,
           at::ScalarType type)
      : source_(std::move(source)),
        shape_(shape),
        normalization_(std::move(normalization)),
        type_(type),
        labels_(static_cast<std::size_t>(source_->size())) {
    for (std::size_t i = 0; i < labels_.size(); ++i)
      labels_[i] = source_->label(static_cast<std::int64_t>(i));
  }

  eval::Features describe(const eval::Describe& describe, bool shifted) {
    return without_unreadable(eval::collect_features(labels_, reader(shifted), describe));
  }
  eval::Features encode(Encoder& encoder, bool shifted) {
    return without_unreadable(eval::extract_features(encoder, labels_, reader(shifted)));
  }

 private:
  eval::ReadPictures reader(bool shifted) {
    return [this, shifted](std::int64_t begin, std::int64_t end) {
      const auto pictures = read(begin, end);
      if (!shifted) return pictures;
      return eval::shift_pictures(pictures, black(), begin, {shift_pixels, 0});
    };
  }

  at::Tensor read(std::int64_t begin, std::int64_t end) {
    std::vector<std::int64_t> indices(static_cast<std::size_t>(end - begin));
    std::iota(indices.begin(), indices.end(), begin);
    const auto packed =
        at::empty({end - begin, shape_.height, shape_.width, shape_.channels}, at::kFloat);
    const auto bad = data::load_plain(*source_, indices, shape_, normalization_,
                                      packed.data_ptr<float>(), at::get_num_threads() - 1);
    for (const auto& item : bad)
      unreadable_.push_back(static_cast<std::size_t>(begin + item.position));
    return packed.permute({0, 3, 1, 2}).to(type_);
  }

  /// What a pixel of value 0 is after normalising.
  std::vector<double> black() const {
    std::vector<double> values(static_cast<std::size_t>(shape_.channels), 0.0);
    const auto& [mean, std] = normalization_;
    for (std::size_t i = 0; i < values.size() && !mean.empty(); ++i) {
      const std::size_t j = mean.size() == 1 ? 0 : i;
      values[i] = -double{mean[j]} / double{std[j]};
    }
    return values;
  }

  eval::Features without_unreadable(eval::Features features) {
    for (const auto row : std::exchange(unreadable_, {})) features.labels[row] = -1;
    return features;
  }

  SourcePointer source_;
  data::Shape shape_;
  data::Normalization normalization_;
  at::ScalarType type_;
  std::vector<std::int64_t> labels_;
  std::vector<std::size_t> unreadable_;
};

eval::KnnSetting setting(const config::Config& config) {
  return {config.eval.k, config.eval.temperature};
}

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

std::string features(const config::BackboneSection& section) {
  const std::string layer =
      section.tap.empty() ? "the backbone's default layer" : "layer '" + section.tap + "'";
  return "features of " + layer + ", pool " + section.pool;
}

struct Sets {
  eval::Features bank, queries, shifted;
};

Accuracies measure(std::string name, const Sets& sets, const config::Config& config) {
  auto settings = eval::knn_grid();
  settings.insert(settings.begin(), setting(config));
  const auto results = eval::knn(sets.bank, sets.queries, settings);
  const auto& best = eval::best(results);
  const eval::KnnSetting plain[] = {setting(config)};
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
  return {bank.encode(encoder, false), queries.encode(encoder, false),
          queries.encode(encoder, true)};
}

/// Pixels are shifted in the pictures that the network sees, and reduced after that.
Sets raw(Pictures& bank, Pictures& queries) {
  const auto reduced = [](const at::Tensor& pictures) {
    const auto height = std::min(pictures.size(2), largest_raw_side);
    const auto width = std::min(pictures.size(3), largest_raw_width(pictures.size(2)));
    return at::adaptive_avg_pool2d(pictures, {height, width});
  };
  return {bank.describe(reduced, false), queries.describe(reduced, false),
          queries.describe(reduced, true)};
}

Sets project(const Sets& sets) {
  const eval::Pca pca(sets.bank.values, principal_components);
  const auto projected = [&](const eval::Features& features) {
    return eval::Features{pca.project(features.values), features.labels};
  };
  return {projected(sets.bank), projected(sets.queries), projected(sets.shifted)};
}

}  // namespace

std::string protocol(const config::Config& config, const DataSet& data) {
  return Log::join("kNN top1 in %, cosine, k ", config.eval.k, ", T ", config.eval.temperature,
                   ", bank ", data.bank->size(), " training pictures, ", data.queries->size(),
                   " queries from ", data.queries_from, ", un-augmented, ",
                   features(config.backbone_host), ", seed ", config.run.seed);
}

report::EvalEvent evaluate_knn(Encoder& encoder, const config::Config& config, const DataSet& data,
                               const data::Shape& shape, std::int64_t epoch, std::int64_t step) {
  const auto type = precision(config.run);
  Pictures bank(data.bank, shape, data.normalization, type),
      queries(data.queries, shape, data.normalization, type);
  const eval::KnnSetting settings[] = {setting(config)};
  const auto results =
      eval::knn(bank.encode(encoder, false), queries.encode(encoder, false), settings);
  report::EvalEvent event;
  event.name = "knn";
  event.protocol = Log::join(protocol(config, data), ", after ", step, " steps, epoch ", epoch);
  event.values = {{"knn_top1", percent(results.front().top1)}};
  event.step = step;
  event.epoch = epoch;
  return event;
}

std::vector<Accuracies> compare_with_baselines(Encoder& trained, Encoder& untrained,
                                               const config::Config& config, const DataSet& data,
                                               const data::Shape& shape,
                                               const std::function<void(const Accuracies&)>& done) {
  std::vector<Accuracies> lines;
  const auto add = [&](std::string name, const Sets& sets) {
    lines.push_back(measure(std::move(name), sets, config));
    done(lines.back());
  };
  {
    Pictures bank(data.bank, shape, {}, at::kFloat), queries(data.queries, shape, {}, at::kFloat);
    const auto sets = raw(bank, queries);
    const std::int64_t width = largest_raw_width(shape.height);
    const bool reduced = shape.height > largest_raw_side || shape.width > width;
    const std::string pixels =
        reduced ? Log::join("raw pixels, averaged to ", width, " px") : "raw pixels";
    add(pixels, sets);
    add("PCA-128 of " + pixels, project(sets));
  }
  const auto type = precision(config.run);
  Pictures bank(data.bank, shape, data.normalization, type),
      queries(data.queries, shape, data.normalization, type);
  add("untrained " + config.backbone.id, encode(untrained, bank, queries));
  add("trained " + config.backbone.id, encode(trained, bank, queries));
  return lines;
}

}  // namespace tandem::run
