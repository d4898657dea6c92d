#include "run/data_set.hpp"

#include "data/classes.hpp"
#include "data/shards.hpp"
#include "run/pictures.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"
#include "tandem/base/random.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

namespace tandem::run {
namespace {

/// Seeds that are no sample's: the held-out part must not depend on run.seed, so that runs compare.
constexpr RandomKey holdout_key{0x686f6c646f7574, 0, 0, 0xffff, 0};

data::SourceOptions source_options(const config::DataSection& section) {
  data::SourceOptions options;
  options.kind = section.source;
  options.path = section.path;
  options.channels = section.channels;
  options.max_pixels = section.max_pixels;
  options.cache_bytes = std::int64_t{section.cache_mb} << 20;
  options.synthetic.count = section.synthetic_count;
  options.synthetic.size = section.synthetic_size;
  options.synthetic.classes = section.synthetic_classes;
  return options;
}

bool labelled(const data::Source& source) {
  const auto labels = labels_of(source);
  return std::any_of(labels.begin(), labels.end(), [](std::int64_t label) { return label >= 0; });
}

/// At most `limit` (0: all) pictures of a source, evenly spread.
SourcePointer at_most(const SourcePointer& source, std::int64_t limit) {
  const std::int64_t size = source->size();
  if (limit == 0 || limit >= size) return source;
  std::vector<std::int64_t> indices(static_cast<std::size_t>(limit));
  for (std::int64_t i = 0; i < limit; ++i) indices[static_cast<std::size_t>(i)] = i * size / limit;
  return data::subset(source, std::move(indices));
}

void hold_out(DataSet& set, const SourcePointer& all, double share) {
  const auto held =
      static_cast<std::int64_t>(std::lround(share * static_cast<double>(all->size())));
  if (held == 0 || held == all->size()) return;
  auto order = Random(holdout_key).permutation(all->size());
  std::sort(order.begin(), order.begin() + held);
  std::sort(order.begin() + held, order.end());
  set.queries = data::subset(all, {order.begin(), order.begin() + held});
  set.train = data::subset(all, {order.begin() + held, order.end()});
  set.queries_from = Log::join(100 * share, " % of the training pictures, held out");
}

void add_queries(DataSet& set, const SourcePointer& all, const config::Config& config) {
  if (!labelled(*all) || config.eval.knn_every < 0) return;
  if (!config.eval.path.empty()) return use_test_pictures(set, config);
  hold_out(set, all, config.eval.holdout);
  if (set.queries) set.bank = at_most(set.train, config.eval.bank);
}

data::Normalization normalization(const DataSet& set, const config::DataSection& section) {
  if (section.normalize == "none") return {};
  if (section.normalize == "imagenet") return {{0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}};
  if (section.normalize == "cifar10")
    return {{0.4914f, 0.4822f, 0.4465f}, {0.2470f, 0.2435f, 0.2616f}};
  if (section.normalize == "custom") {
    return {{section.mean.begin(), section.mean.end()}, {section.std.begin(), section.std.end()}};
  }
  return data::measure(*set.train);
}

}  // namespace

bool names_pictures(const config::DataSection& section) {
  return !section.path.empty() || section.source.starts_with("synthetic");
}

SourcePointer open_training_data(const config::DataSection& section) {
  if (!names_pictures(section)) {
    throw Error(ErrorKind::config,
                "no pictures are named: give a folder with --data DIR (or data.path), or "
                "data.source = \"synthetic\"");
  }
  return data::open_source(source_options(section));
}

data::Shape typical_shape(const data::Source& source) {
  constexpr std::int64_t most = 25;
  const std::int64_t tries = std::min(source.size(), most);
  std::vector<data::Shape> shapes;
  std::string reason;
  Image image;
  for (std::int64_t i = 0; i < tries; ++i) {
    try {
      source.read(i * source.size() / tries, image);
      shapes.push_back(data::shape_of(image));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::data) throw;
      reason = error.what();
    }
  }
  if (shapes.empty()) {
    throw Error(ErrorKind::data,
                Log::join("none of ", tries, " pictures can be read; the last one: ", reason));
  }
  const auto side = [](const data::Shape& shape) { return std::min(shape.height, shape.width); };
  const auto median = shapes.begin() + static_cast<std::ptrdiff_t>(shapes.size() / 2);
  std::nth_element(shapes.begin(), median, shapes.end(),
                   [&](const auto& a, const auto& b) { return side(a) < side(b); });
  return *median;
}

void use_test_pictures(DataSet& set, const config::Config& config) {
  const std::filesystem::path path = config.eval.path;
  if (!std::filesystem::exists(path) && !data::is_shard_pattern(path))
    throw Error(ErrorKind::data,
                path.string() + ": no such file or folder: check --queries or eval.path");
  auto section = config.data;
  section.source = config.eval.source;
  section.path = config.eval.path;
  set.queries = open_training_data(section);
  set.queries_from = config.eval.path;
  if (!labelled(*set.queries))
    throw Error(ErrorKind::data, "the test pictures " + config.eval.path + " have no labels");
  set.queries_from += data::match(set.train->class_names(), set.queries->class_names());
  set.queries = data::numbered_as(*set.train, set.queries);
  set.bank = at_most(set.train, config.eval.bank);
}

DataSet make_data_set(SourcePointer all, const config::Config& config) {
  DataSet set;
  set.train = all;
  add_queries(set, all, config);
  set.normalization = normalization(set, config.data);
  return set;
}

}  // namespace tandem::run
