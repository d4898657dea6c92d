#include "run/gallery.hpp"

#include "eval/features.hpp"
#include "eval/pca.hpp"
#include "eval/top_k.hpp"
#include "report/text.hpp"
#include "run/model.hpp"
#include "run/pictures.hpp"
#include "run/thumbnail.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <ATen/ops/tensor.h>

#include <algorithm>

namespace tandem::run {
namespace {

using formats::Json;

constexpr std::int64_t most_pictures = 1000, query_count = 8, neighbour_count = 6;

/// Some pictures of a source, evenly spread, and what the network makes of them.
struct Sample {
  SourcePointer pictures;
  std::int64_t of = 0;  ///< pictures of the source
  at::Tensor features;
};

std::vector<std::int64_t> spread_over(std::int64_t size, std::int64_t count) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(std::min(size, count)));
  for (std::size_t i = 0; i < indices.size(); ++i)
    indices[i] = static_cast<std::int64_t>(i) * size / static_cast<std::int64_t>(indices.size());
  return indices;
}

/// Those of `count` pictures that could be read.
std::vector<std::int64_t> readable(std::int64_t count,
                                   const std::vector<Pictures::Unreadable>& unreadable) {
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < count; ++i) {
    const bool broken = std::any_of(unreadable.begin(), unreadable.end(),
                                    [i](const auto& item) { return item.index == i; });
    if (!broken) indices.push_back(i);
  }
  return indices;
}

Sample sample(const SourcePointer& source, Encoder& encoder, const config::Config& config,
              const DataSet& data, const data::Shape& shape) {
  const SourcePointer chosen = data::subset(source, spread_over(source->size(), most_pictures));
  const std::vector<std::int64_t> unlabelled(static_cast<std::size_t>(chosen->size()), -1);
  Pictures pictures(chosen, shape, data.normalization, precision(config.run));
  const auto read = [&](std::int64_t begin, std::int64_t end) { return pictures.read(begin, end); };
  auto features = eval::extract_features(encoder, unlabelled, read);
  features.name = [chosen](std::int64_t i) { return chosen->name(i); };
  const auto rows = readable(chosen->size(), pictures.take_unreadable());
  features = eval::take(features, rows);
  eval::require_finite(features, "pictures");
  return {data::subset(chosen, rows), source->size(), features.values};
}

std::string counted_pictures(const Sample& sample, const std::string& kind) {
  return Log::join(sample.pictures->size(), " of ", sample.of, " ", kind);
}

/// Four digits: a map is drawn at 400 pixels.
double decimal(float value) {
  return std::stod(report::short_number(double{value}));
}

Json column(const at::Tensor& values, std::int64_t index) {
  Json list = Json::array();
  const at::Tensor chosen = values.select(1, index).contiguous();
  const float* numbers = chosen.const_data_ptr<float>();
  for (std::int64_t i = 0; i < chosen.size(0); ++i) list.push_back(decimal(numbers[i]));
  return list;
}

Json map_of(const Sample& sample) {
  const eval::Pca pca(sample.features, 2);
  if (pca.variances().size(0) < 2)
    throw Error(ErrorKind::data, "the features vary in one direction alone");
  const double all = sample.features.to(at::kDouble).var(0).sum().item<double>();
  const at::Tensor places = pca.project(sample.features);
  Json map = {{"explained", Json::array()}, {"x", column(places, 0)}, {"y", column(places, 1)}};
  for (std::int64_t i = 0; i < 2; ++i)
    map["explained"].push_back(pca.variances()[i].item<double>() / all);
  for (std::int64_t i = 0; i < sample.pictures->size(); ++i)
    map["labels"].push_back(sample.pictures->label(i));
  return map;
}

Json neighbours_of(const Sample& queries, const Sample& bank) {
  const bool same = queries.pictures == bank.pictures;
  const auto rows = spread_over(queries.pictures->size(), query_count);
  const at::Tensor bank_rows = eval::normalise_rows(bank.features);
  eval::TopK nearest(static_cast<std::int64_t>(rows.size()), neighbour_count + 1);
  const at::Tensor similarities = eval::normalise_rows(queries.features)
                                      .index_select(0, at::tensor(rows))
                                      .mm(bank_rows.t())
                                      .contiguous();
  nearest.add(similarities.const_data_ptr<float>(), bank_rows.size(0), 0);
  Json list = Json::array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Json query = thumbnail(*queries.pictures, rows[i]);
    query["neighbours"] = Json::array();
    for (const auto& found : nearest.neighbours(static_cast<std::int64_t>(i))) {
      if ((same && found.row == rows[i]) || query["neighbours"].size() == neighbour_count) continue;
      Json neighbour = thumbnail(*bank.pictures, found.row);
      neighbour["similarity"] = decimal(found.similarity);
      query["neighbours"].push_back(std::move(neighbour));
    }
    list.push_back(std::move(query));
  }
  return {{"queries", std::move(list)}};
}

}  // namespace

formats::Json gallery(Encoder& encoder, const config::Config& config, const DataSet& data,
                      const data::Shape& shape, std::int64_t steps, Log& log) {
  const Sample bank = sample(data.train, encoder, config, data, shape);
  const Sample queries = data.queries ? sample(data.queries, encoder, config, data, shape) : bank;
  const auto& tap = config.backbone_host.tap;
  const std::string features = Log::join(
      "features of ", tap.empty() ? "the backbone's default layer" : "layer '" + tap + "'",
      ", pool ", config.backbone_host.pool, ", un-augmented, after ", steps, " steps, seed ",
      config.run.seed);
  const char* kind = data.queries ? "held-out or test pictures" : "training pictures";
  Json result = Json::object();
  try {
    result["map"] = map_of(queries);
    result["map"]["pictures"] = counted_pictures(queries, kind);
    result["map"]["features"] = features;
  } catch (const Error& error) {  // of a collapsed network all features are alike
    log.warn("the run's page has no map of embeddings: ", error.what());
  }
  result["neighbours"] = neighbours_of(queries, bank);
  result["neighbours"]["bank"] = counted_pictures(bank, "training pictures");
  result["neighbours"]["features"] = features;
  return result;
}

}  // namespace tandem::run
