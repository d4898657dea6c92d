#include "cli/console_log.hpp"
#include "cli/eval.hpp"
#include "cli/setup.hpp"
#include "report/text_table.hpp"
#include "tandem/base/error.hpp"

#include <unistd.h>
#include <iostream>

namespace tandem::cli {
namespace {

Arguments knn_arguments() {
  Arguments arguments(
      "eval knn RUN|FILE [options]",
      "Classifies held-out or test pictures by their nearest training pictures in the space of "
      "frozen features.\n"
      "  tandem eval knn runs/first                         k and temperature of the run\n"
      "  tandem eval knn runs/first --k 1,20,200 --temperature 0.07,0.1\n"
      "  tandem eval knn runs/first --features projector    behind the objective's heads\n"
      "  tandem eval knn bank.safetensors --queries test.safetensors   of tandem embed");
  add_eval_options(arguments);
  arguments
      .add_text("k", "LIST",
                "neighbours that vote, e.g. 1,20,200; default: the run's eval.k, 20 for a file")
      .add_text("temperature", "LIST",
                "a vote weighs exp(similarity / temperature), e.g. 0.07,0.1; default: the run's "
                "eval.temperature, 0.1 for a file")
      .add_text("metric", "NAME", "cosine, or euclidean: votes weigh 1 / (distance + 1e-5)",
                "cosine")
      .add_flag("per-class", "also the accuracy of every class")
      .add_flag("baselines",
                "of a run: a table beside raw pixels, their principal components, and the "
                "untrained network; with 10 labelled pictures a class also from few labels");
  return arguments;
}

eval::Metric metric(const Arguments& arguments) {
  const std::string word = arguments.text("metric");
  if (word == "cosine") return eval::Metric::cosine;
  if (word == "euclidean") return eval::Metric::euclidean;
  throw Error(ErrorKind::usage, "--metric is cosine or euclidean, not '" + word + "'");
}

std::string setting_text(const eval::KnnResult& result, eval::Metric metric) {
  const std::string k = Log::join("k ", result.setting.k);
  if (metric == eval::Metric::euclidean) return k;
  return Log::join(k, " T ", result.setting.temperature);
}

std::string class_text(const run::KnnReport& report, std::int64_t label) {
  const auto at = static_cast<std::size_t>(label);
  const std::string number = std::to_string(label);
  return at < report.class_names.size() ? number + " " + report.class_names[at] : number;
}

formats::Json json(const run::KnnReport& report, eval::Metric metric, bool per_class) {
  auto results = formats::Json::array();
  for (const auto& result : report.results) {
    formats::Json item = {{"k", result.setting.k}};
    if (metric == eval::Metric::cosine) item["temperature"] = result.setting.temperature;
    item["knn_top1"] = 100 * result.top1;
    if (per_class) {
      for (const auto& [label, score] : result.classes) {
        item["classes"].push_back({{"class", class_text(report, label)},
                                   {"queries", score.queries},
                                   {"right", score.right},
                                   {"knn_top1", 100 * score.share()}});
      }
    }
    results.push_back(std::move(item));
  }
  return {{"knn_top1", 100 * report.results.front().top1},
          {"protocol", report.protocol},
          {"epochs", epochs_json(report.epochs)},
          {"results", std::move(results)}};
}

std::string class_table(const run::KnnReport& report, eval::Metric metric) {
  Strings header = {"class", "queries"};
  for (const auto& result : report.results) header.push_back(setting_text(result, metric));
  report::TextTable table(header);
  for (const auto& [label, first] : report.results.front().classes) {
    Strings row = {class_text(report, label), std::to_string(first.queries)};
    for (const auto& result : report.results)
      row.push_back(percent(result.classes.at(label).share()));
    table.add(std::move(row));
  }
  return table.text();
}

void print(const run::KnnReport& report, eval::Metric metric, bool per_class) {
  if (report.results.size() == 1) {
    std::cout << percent(report.results.front().top1) << "  " << report.protocol << '\n';
  } else {
    report::TextTable table({"votes", "kNN top1"});
    for (const auto& result : report.results)
      table.add({setting_text(result, metric), percent(result.top1)});
    std::cout << table.text() << report.protocol << '\n';
  }
  if (per_class) std::cout << '\n' << class_table(report, metric);
}

void refuse_with_baselines(const Arguments& arguments) {
  for (const char* option : {"features", "k", "temperature"}) {
    if (arguments.has(option))
      throw Error(ErrorKind::usage,
                  std::string("--baselines has a table of its own: leave --") + option + " out");
  }
  if (arguments.flag("raw") || arguments.flag("per-class") || arguments.text("metric") != "cosine")
    throw Error(ErrorKind::usage,
                "--baselines has a table of its own: leave --raw, --per-class and --metric out");
}

}  // namespace

int eval_knn(const Strings& words) {
  auto arguments = knn_arguments();
  if (!arguments.parse(words)) return 0;
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  CountProgress progress(std::cerr, report::progress_style(STDERR_FILENO, arguments.quiet()));
  const auto what = eval_options(arguments, progress);
  if (arguments.flag("baselines")) refuse_with_baselines(arguments);
  run::KnnOptions options;
  options.k = whole_numbers(arguments, "k");
  options.temperature = numbers(arguments, "temperature");
  options.metric = metric(arguments);
  auto catalog = make_catalog(arguments, log);
  if (arguments.flag("baselines")) {
    print_baselines(run::evaluate_baselines(what, catalog, log), arguments.json());
    return 0;
  }
  const auto report = run::evaluate_knn(what, options, catalog, log);
  if (arguments.json())
    std::cout << formats::json_text(json(report, options.metric, arguments.flag("per-class")));
  else
    print(report, options.metric, arguments.flag("per-class"));
  return 0;
}

}  // namespace tandem::cli
