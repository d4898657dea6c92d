#include "eval/few_labels.hpp"

#include "eval/knn.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/random.hpp"

#include <map>
#include <string>
#include <vector>

namespace tandem::eval {
namespace {

using RowsByClass = std::map<std::int64_t, std::vector<std::int64_t>>;

RowsByClass rows_by_class(const Features& bank, std::int64_t needed) {
  RowsByClass rows;
  for (std::size_t i = 0; i < bank.labels.size(); ++i) {
    if (bank.labels[i] >= 0) rows[bank.labels[i]].push_back(static_cast<std::int64_t>(i));
  }
  for (const auto& [label, members] : rows) {
    if (static_cast<std::int64_t>(members.size()) < needed) {
      throw Error(ErrorKind::data, "class " + std::to_string(label) + " has " +
                                       std::to_string(members.size()) + " labelled pictures, and " +
                                       std::to_string(needed) +
                                       " are needed to compare accuracies from few labels");
    }
  }
  return rows;
}

std::vector<std::int64_t> draw(const RowsByClass& classes, const FewLabelsOptions& options,
                               int number) {
  std::vector<std::int64_t> rows;
  for (const auto& [label, members] : classes) {
    Random random({.seed = options.seed,
                   .epoch = static_cast<std::uint32_t>(number),
                   .sample = static_cast<std::uint32_t>(label)});
    const auto order = random.permutation(static_cast<std::int64_t>(members.size()));
    for (std::int64_t i = 0; i < options.labels_per_class; ++i) {
      rows.push_back(members[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
    }
  }
  return rows;
}

}  // namespace

Spread few_labels(const Features& bank, const Features& queries, const FewLabelsOptions& options) {
  const RowsByClass classes = rows_by_class(bank, options.labels_per_class);
  const KnnSetting setting{options.k, options.temperature};
  std::vector<double> accuracies;
  for (int i = 0; i < options.draws; ++i) {
    const Features known = take(bank, draw(classes, options, i));
    accuracies.push_back(knn(known, queries, {&setting, 1}).front().top1);
  }
  return spread(accuracies);
}

}  // namespace tandem::eval
