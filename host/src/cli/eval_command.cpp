#include "cli/commands.hpp"
#include "cli/console_log.hpp"
#include "cli/process.hpp"
#include "cli/setup.hpp"
#include "formats/json_lines.hpp"
#include "report/text_table.hpp"
#include "run/evaluation.hpp"
#include "run/trained_run.hpp"
#include "tandem/base/error.hpp"

#include <cstdio>
#include <iostream>

namespace tandem::cli {
namespace po = boost::program_options;
namespace {

std::string decimals(double value, int digits = 1) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string few_column(const run::Accuracies& line) {
  if (line.few_labels < 0) return "-";
  return decimals(line.few_labels) + " ± " + decimals(line.few_labels_deviation);
}

std::string best_column(const run::Accuracies& line) {
  return Log::join(decimals(line.best_knn), " (k ", line.best_k, ", T ", line.best_temperature,
                   ")");
}

std::string table(const std::vector<run::Accuracies>& lines, const config::EvalSection& eval) {
  report::TextTable text({"features", Log::join("kNN k ", eval.k, " T ", eval.temperature),
                          "best kNN *", "10 labels a class **", "shifted by 0-3 px"});
  for (const auto& line : lines) {
    text.add({line.features, decimals(line.knn), best_column(line), few_column(line),
              decimals(line.shifted)});
  }
  return text.text();
}

formats::Json json(const std::vector<run::Accuracies>& lines) {
  auto list = formats::Json::array();
  for (const auto& line : lines) {
    list.push_back({{"features", line.features},
                    {"knn_top1", line.knn},
                    {"best_knn_top1", line.best_knn},
                    {"best_k", line.best_k},
                    {"best_temperature", line.best_temperature},
                    {"ten_labels_top1", line.few_labels},
                    {"ten_labels_deviation", line.few_labels_deviation},
                    {"shifted_knn_top1", line.shifted}});
  }
  return list;
}

formats::Json epochs_json(const run::TrainedRun& run) {
  const auto number = formats::Json::parse(run.epochs(), nullptr, false);
  return number.is_number() ? number : formats::Json();
}

void with_baselines(run::TrainedRun& run, bool as_json, Log& log) {
  const auto untrained = run.untrained();
  const auto lines =
      run::compare_with_baselines(run.encoder(), *untrained, run.config(), run.data(), run.shape(),
                                  [&](const auto& line) { log.info(line.features, ": done"); });
  const auto protocol = run::protocol(run.config(), run.data());
  if (as_json) {
    std::cout << formats::Json{{"protocol", protocol},
                               {"epochs", epochs_json(run)},
                               {"rows", json(lines)}}
                     .dump(2)
              << '\n';
    return;
  }
  std::cout << table(lines, run.config().eval) << "\n   " << protocol << "; trained for "
            << run.epochs()
            << " epochs\n * the best of 35 pairs of k and T, chosen on these very queries\n"
            << "** kNN k 5, T 0.1 from 10 labelled pictures a class: mean ± standard deviation of "
               "10 draws\n";
}

void alone(run::TrainedRun& run, bool as_json) {
  const auto event = run::evaluate_knn(run.encoder(), run.config(), run.data(), run.shape(), 0, 0);
  const double top1 = event.values.front().value;
  const auto protocol = run::protocol(run.config(), run.data());
  if (as_json) {
    std::cout << formats::Json{{"knn_top1", top1},
                               {"protocol", protocol},
                               {"epochs", epochs_json(run)}}
                     .dump(2)
              << '\n';
  } else {
    std::cout << decimals(top1, 2) << "  " << protocol << "; backbone trained for " << run.epochs()
              << " epochs\n";
  }
}

}  // namespace

int eval_command(const Strings& words) {
  Arguments arguments(
      "eval knn RUN [options]",
      "Classifies held-out or test pictures by their nearest training pictures in the space of a "
      "run's\n"
      "frozen backbone. Which pictures, k and temperature: the run's [eval] section.");
  arguments.positional("words", 2);
  arguments.add()(
      "baselines", po::bool_switch(),
      "a table beside raw pixels, their principal components, and the untrained network; needs 10 "
      "labelled pictures a class");
  if (!arguments.parse(words)) return 0;
  const auto given = arguments.list("words");
  if (given.size() != 2 || given[0] != "knn")
    throw Error(ErrorKind::usage, "tandem eval needs 'knn' and a run folder");
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  auto catalog = make_catalog(arguments, log);
  run::TrainedRun run(given[1], catalog, log);
  set_threads(run.config().run.threads);
  if (!run.data().queries) {
    throw Error(ErrorKind::data,
                "kNN needs labels: the run's pictures have none, or eval.knn_every is \"never\"");
  }
  if (arguments.flag("baselines"))
    with_baselines(run, arguments.json(), log);
  else
    alone(run, arguments.json());
  return 0;
}

}  // namespace tandem::cli
