#include "cli/console_log.hpp"
#include "cli/eval.hpp"
#include "cli/setup.hpp"
#include "report/text_table.hpp"
#include "tandem/base/error.hpp"

#include <unistd.h>
#include <algorithm>
#include <iostream>

namespace tandem::cli {
namespace {

Arguments linear_arguments() {
  Arguments arguments(
      "eval linear RUN|FILE [options]",
      "Trains a linear classifier on the frozen features of the training pictures, and classifies "
      "held-out or test pictures with it.\n"
      "The protocol is the official Barlow Twins' (SGD with momentum 0.9, weight decay 1e-6, batch "
      "256, 100 epochs, a cosine over epochs), on features that are computed once, from pictures "
      "that are not augmented. The learning rate is chosen on a part of the training pictures; the "
      "others are used once.\n"
      "  tandem eval linear runs/first --fraction 0.01 --seeds 5    few labels, mean and "
      "deviation\n"
      "  tandem eval linear bank.safetensors --queries test.safetensors   of tandem embed");
  add_eval_options(arguments);
  arguments
      .add_real(
          "fraction", "SHARE",
          "of the training pictures whose labels are used: as many of each class, at least one, "
          "all of a class that has fewer; the protocol tells how many they were",
          1)
      .add_number("epochs", "N", "passes over the training features", 100)
      .add_text("lr", "LIST",
                "learning rates to choose from (default 0.001,0.003,0.01,0.03,0.1,0.3,1,3,10); one "
                "is not chosen")
      .add_number("seeds", "N",
                  "so many probes, with seeds that count up: mean and standard deviation", 1);
  return arguments;
}

eval::LinearOptions linear_options(const Arguments& arguments) {
  eval::LinearOptions options;
  options.fraction = arguments.real("fraction");
  options.epochs = arguments.number("epochs");
  options.seed = static_cast<std::uint64_t>(arguments.number("seed"));
  if (arguments.has("lr")) options.rates = numbers(arguments, "lr");
  if (!(options.fraction > 0 && options.fraction <= 1))
    throw Error(ErrorKind::usage, "--fraction is a share above 0, at most 1");
  if (options.epochs < 1) throw Error(ErrorKind::usage, "--epochs is 1 or more");
  if (arguments.number("seeds") < 1) throw Error(ErrorKind::usage, "--seeds is 1 or more");
  return options;
}

/// Top 1 and, where there are more than 5 classes, top 5, in per cent over the seeds.
struct Summary {
  eval::Spread top1, top5;
  bool has_top5 = false;
};

Summary summary(const run::LinearReport& report) {
  std::vector<double> top1, top5;
  for (const auto& result : report.results) {
    top1.push_back(100 * result.top1);
    top5.push_back(100 * result.top5);
  }
  return {eval::spread(top1), eval::spread(top5), report.results.front().top5 >= 0};
}

/// A winner at the end of the list may not be the best there is.
void warn_of_edges(const run::LinearReport& report, const std::vector<double>& rates, Log& log) {
  const auto [least, greatest] = std::minmax_element(rates.begin(), rates.end());
  for (const auto& probe : report.results) {
    if (!probe.chosen || (probe.rate != *least && probe.rate != *greatest)) continue;
    log.warn("the learning rate ", probe.rate, " won, the ",
             probe.rate == *least ? "smallest" : "greatest",
             " of those to choose from: give others with --lr");
    return;
  }
}

formats::Json json(const run::LinearReport& report, std::uint64_t seed) {
  const auto all = summary(report);
  formats::Json result = {{"linear_top1", all.top1.mean},
                          {"linear_top1_deviation", all.top1.deviation}};
  if (all.has_top5) {
    result["linear_top5"] = all.top5.mean;
    result["linear_top5_deviation"] = all.top5.deviation;
  }
  result["protocol"] = report.protocol;
  result["epochs"] = epochs_json(report.epochs);
  for (const auto& probe : report.results) {
    formats::Json item = {{"seed", seed++},         {"linear_top1", 100 * probe.top1},
                          {"lr", probe.rate},       {"lr_chosen", probe.chosen},
                          {"labels", probe.labels}, {"classes", probe.classes}};
    if (all.has_top5) item["linear_top5"] = 100 * probe.top5;
    if (probe.chosen) item["validation_top1"] = 100 * probe.validation;
    result["probes"].push_back(std::move(item));
  }
  return result;
}

void print(const run::LinearReport& report, std::uint64_t seed) {
  const auto all = summary(report);
  const bool several = report.results.size() > 1;
  const auto spread = [&](const eval::Spread& value) {
    const std::string mean = percent(value.mean / 100);
    return several ? mean + " ± " + percent(value.deviation / 100) : mean;
  };
  report::TextTable table({"seed", "labels", "learning rate", "top1", "top5"});
  for (const auto& probe : report.results) {
    table.add({std::to_string(seed++), std::to_string(probe.labels), Log::join(probe.rate),
               percent(probe.top1), all.has_top5 ? percent(probe.top5) : "-"});
  }
  std::cout << table.text() << "top1 " << spread(all.top1);
  if (all.has_top5) std::cout << ", top5 " << spread(all.top5);
  std::cout << "  " << report.protocol << '\n';
}

}  // namespace

int eval_linear(const Strings& words) {
  auto arguments = linear_arguments();
  if (!arguments.parse(words)) return 0;
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  CountProgress progress(std::cerr, report::progress_style(STDERR_FILENO, arguments.quiet()));
  const auto what = eval_options(arguments, progress);
  const auto options = linear_options(arguments);
  auto catalog = make_catalog(arguments, log);
  const auto report = run::evaluate_linear(what, options, arguments.number("seeds"), catalog, log);
  progress.clear();
  warn_of_edges(report, options.rates, log);
  if (arguments.json())
    std::cout << formats::json_text(json(report, options.seed));
  else
    print(report, options.seed);
  return 0;
}

}  // namespace tandem::cli
