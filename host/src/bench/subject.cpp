#include "bench/subject.hpp"

#include "run/model.hpp"

#include <algorithm>
#include <set>

namespace tandem::bench {
namespace {

constexpr std::int64_t least_pictures = 2048;

std::shared_ptr<const data::Source> enough(std::shared_ptr<const data::Source> source) {
  const std::int64_t size = source->size();
  if (size >= least_pictures) return source;
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < least_pictures; ++i) indices.push_back(i % size);
  return data::subset(std::move(source), std::move(indices));
}

void make_certain(config::Component& op) {
  for (std::size_t i = 0; i < op.values.size(); ++i) {
    if (op.schema->params[i].name == "p") op.values[i] = 1.0;
  }
}

std::string told_apart_by(const config::Component& op) {
  std::string text = op.id;
  for (const auto& value : op.values) text += ' ' + to_toml(value);
  return text;
}

/// Each view once, however often it is made.
std::vector<std::vector<CertainOp>> certain_operations(config::Config config,
                                                       plugin::Catalog& catalog) {
  for (auto& view : config.views) {
    view.host.count = 1;
    for (auto& op : view.ops) make_certain(op);
  }
  const auto specs = run::make_views(config, catalog);
  std::set<std::string> seen;
  std::vector<std::vector<CertainOp>> result(specs.size());
  for (std::size_t v = 0; v < specs.size(); ++v) {
    for (std::size_t i = 0; i < specs[v].ops.size(); ++i) {
      const auto& op = config.views[v].ops[i];
      const bool first = seen.insert(told_apart_by(op)).second;
      result[v].push_back({first ? op.id : std::string(), specs[v].ops[i]});
    }
  }
  return result;
}

}  // namespace

Subject make_subject(const run::Prepared& prepared, plugin::Catalog& catalog) {
  Subject subject;
  subject.source = enough(prepared.data);
  subject.views = run::make_views(prepared.config, catalog);
  subject.operations = certain_operations(prepared.config, catalog);
  subject.normalization = {{0.5f}, {0.25f}};
  return subject;
}

}  // namespace tandem::bench
