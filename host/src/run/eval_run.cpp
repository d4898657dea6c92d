#include "run/eval_run.hpp"

#include "eval/knn.hpp"
#include "eval/linear_probe.hpp"
#include "report/text.hpp"
#include "run/evaluation.hpp"
#include "run/feature_sets.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace tandem::run {
namespace {

std::vector<eval::KnnSetting> settings(const KnnOptions& options,
                                       const config::EvalSection& section) {
  auto ks = options.k;
  auto temperatures = options.temperature;
  if (ks.empty()) ks = {section.k};
  if (temperatures.empty()) temperatures = {section.temperature};
  std::vector<eval::KnnSetting> list;
  for (const double temperature : temperatures) {
    for (const std::int64_t k : ks) list.push_back({k, temperature});
  }
  return list;
}

template <class Items>
std::string listed(const Items& items) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + Log::join(item);
  return text;
}

/// How the neighbours voted, with the k that were used.
std::string votes(eval::Metric metric, const std::vector<eval::KnnResult>& results) {
  std::set<std::int64_t> ks;
  std::set<double> temperatures;
  for (const auto& result : results) {
    ks.insert(result.setting.k);
    temperatures.insert(result.setting.temperature);
  }
  const std::string k = listed(ks);
  if (metric == eval::Metric::euclidean) return "euclidean, votes 1/(distance + 1e-5), k " + k;
  return "cosine, k " + k + ", T " + listed(temperatures);
}

/// How many labels were used: not the share that was asked for where a class has too few rows for
/// its part of it.
std::string used_labels(const eval::LinearOptions& options, const eval::Features& bank,
                        std::int64_t used) {
  if (options.fraction == 1) return "";
  const auto all = std::count_if(bank.labels.begin(), bank.labels.end(),
                                 [](std::int64_t label) { return label >= 0; });
  const double share = 100 * static_cast<double>(used) / static_cast<double>(all);
  return Log::join("labels of ", used, " of the bank's ", all, " (", report::short_number(share),
                   " %, asked for ", 100 * options.fraction,
                   " %), as many of each class, at least one, all of a class that has fewer, drawn "
                   "by the seed, ");
}

std::string spelled(const eval::LinearOptions& options, const std::string& labels,
                    std::int64_t seeds) {
  const std::string rate =
      options.rates.size() == 1
          ? Log::join("learning rate ", options.rates[0])
          : Log::join("learning rate chosen among ", listed(options.rates), " on ",
                      100 * options.validation, " % of each class's bank rows (",
                      options.fallback_rate, " where that is none), then trained again on all");
  return Log::join(
      "on features computed once from un-augmented pictures (the official protocol "
      "augments them anew each epoch), ",
      labels, "SGD, momentum ", options.momentum, ", weight decay ", options.weight_decay,
      " on weight and bias, batch ", options.batch, ", ", options.epochs,
      " epochs, cosine per epoch, ", rate, ", queries used once, seed ", options.seed,
      seeds > 1 ? Log::join(" … ", options.seed + static_cast<std::uint64_t>(seeds) - 1) : "");
}

}  // namespace

KnnReport evaluate_knn(const EvalOptions& what, const KnnOptions& options, plugin::Catalog& catalog,
                       Log& log) {
  if (options.metric == eval::Metric::euclidean && !options.temperature.empty())
    throw Error(ErrorKind::usage, "--temperature has no part in --metric euclidean: leave it out");
  const auto sets = feature_sets(what, catalog, log);
  KnnReport report;
  report.results =
      eval::knn(sets.bank, sets.queries, settings(options, sets.section), options.metric);
  report.epochs = sets.epochs;
  report.class_names = sets.queries.class_names;
  report.protocol = Log::join("kNN top1 in %, ", votes(options.metric, report.results), ", ",
                              sets.of, ", ", sets.split);
  return report;
}

LinearReport evaluate_linear(const EvalOptions& what, const eval::LinearOptions& options,
                             std::int64_t seeds, plugin::Catalog& catalog, Log& log) {
  const auto sets = feature_sets(what, catalog, log);
  LinearReport report;
  report.epochs = sets.epochs;
  for (std::int64_t i = 0; i < seeds; ++i) {
    auto seeded = options;
    seeded.seed += static_cast<std::uint64_t>(i);
    const auto tell = [&](std::int64_t epoch, std::int64_t epochs) {
      what.progress(Log::join("linear probe, seed ", seeded.seed, ": epoch"), epoch, epochs);
    };
    report.results.push_back(eval::linear_probe(sets.bank, sets.queries, seeded, tell));
  }
  // As many for each seed.
  const std::string labels = used_labels(options, sets.bank, report.results.front().labels);
  report.protocol = Log::join("linear probe, top1 in %, ", spelled(options, labels, seeds), "; ",
                              sets.of, ", ", sets.split);
  return report;
}

BaselineReport evaluate_baselines(const EvalOptions& what, plugin::Catalog& catalog, Log& log) {
  const auto run = open_run(what, catalog, log);
  BaselineReport report;
  auto baselines =
      compare_with_baselines(*run, [&](const auto& line) { log.info(line.features, ": done"); });
  report.protocol = std::move(baselines.protocol);
  if (what.best) report.protocol += ", the trained network of " + chosen_epoch(what);
  report.lines = std::move(baselines.lines);
  report.epochs = run->epochs();
  report.section = run->config().eval;
  return report;
}

}  // namespace tandem::run
