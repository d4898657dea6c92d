#include "cli/eval.hpp"
#include "report/text.hpp"
#include "report/text_table.hpp"

#include <iostream>

namespace tandem::cli {
namespace {

std::string few_column(const run::Accuracies& line) {
  if (line.few_labels < 0) return "-";
  return report::fixed(line.few_labels, 1) + " ± " + report::fixed(line.few_labels_deviation, 1);
}

std::string best_column(const run::Accuracies& line) {
  return Log::join(report::fixed(line.best_knn, 1), " (k ", line.best_k, ", T ",
                   line.best_temperature, ")");
}

std::string table(const run::BaselineReport& report) {
  const auto& section = report.section;
  report::TextTable text({"features", Log::join("kNN k ", section.k, " T ", section.temperature),
                          "best kNN *", "10 labels a class **", "shifted by 0-3 px"});
  for (const auto& line : report.lines) {
    text.add({line.features, report::fixed(line.knn, 1), best_column(line), few_column(line),
              report::fixed(line.shifted, 1)});
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

}  // namespace

void print_baselines(const run::BaselineReport& report, bool as_json) {
  if (as_json) {
    std::cout << formats::json_text(formats::Json{{"protocol", report.protocol},
                                                  {"epochs", epochs_json(report.epochs)},
                                                  {"rows", json(report.lines)}});
    return;
  }
  std::cout << table(report) << "\n   " << report.protocol << "; trained for " << report.epochs
            << " epochs\n * the best of 35 pairs of k and T, chosen on these very queries\n"
            << "** kNN k 5, T 0.1 from 10 labelled pictures a class: mean ± standard deviation of "
               "10 draws\n";
}

}  // namespace tandem::cli
