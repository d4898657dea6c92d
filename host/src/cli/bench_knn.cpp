#include "bench/knn_cost.hpp"
#include "bench/machine.hpp"
#include "bench/statistics.hpp"
#include "cli/bench.hpp"
#include "cli/bench_report.hpp"
#include "cli/process.hpp"
#include "report/text.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <ATen/Parallel.h>

#include <cmath>
#include <iostream>

namespace tandem::cli {
namespace {

Arguments knn_arguments() {
  Arguments arguments("bench knn [options]",
                      "Measures the evaluation's nearest neighbours (k 20, T 0.1) on random "
                      "features, from features "
                      "to the accuracy, beside the bare matrix product of queries and bank.");
  const bench::KnnSize size;
  arguments.add_number("bank", "N", "rows that answer", size.bank)
      .add_number("queries", "N", "rows that ask", size.queries)
      .add_number("width", "N", "numbers a row", size.width)
      .add_number("threads", "N", "CPU threads; 0: all", 0)
      .add_number("rounds", "N", "in which both sides take turns; from 5 on a bound is told", 5);
  return arguments;
}

bench::KnnSize size_of(const Arguments& arguments) {
  const bench::KnnSize size{arguments.number("bank"), arguments.number("queries"),
                            arguments.number("width")};
  if (size.bank < 1 || size.queries < 1 || size.width < 1 || arguments.number("rounds") < 1 ||
      arguments.number("threads") < 0) {
    throw Error(ErrorKind::usage,
                "--bank, --queries, --width and --rounds must be positive, --threads 0 or more");
  }
  return size;
}

/// A cost is bounded from above.
double at_most(const bench::KnnCost& cost) {
  return 1 / bench::median_at_least(bench::ratios(cost.product, cost.knn));
}

std::string bound(const bench::KnnCost& cost) {
  const double most = at_most(cost);
  return std::isnan(most) ? "" : " (at most " + report::fixed(most, 2) + ")";
}

}  // namespace

int bench_knn(const Strings& words) {
  auto arguments = knn_arguments();
  if (!arguments.parse(words)) return 0;
  const auto size = size_of(arguments);
  set_threads(static_cast<int>(arguments.number("threads")));
  const auto cost = bench::knn_cost(size, static_cast<int>(arguments.number("rounds")));
  if (arguments.json()) {
    const formats::Json json = {{"processor", bench::processor()},
                                {"load", bench::load()},
                                {"threads", at::get_num_threads()},
                                {"knn_seconds", side_json(cost.knn)},
                                {"product_seconds", side_json(cost.product)},
                                {"ratio",
                                 {{"median", bench::median(bench::ratios(cost.knn, cost.product))},
                                  {"at_most", formats::json_number(at_most(cost))}}}};
    std::cout << json.dump(2) << '\n';
    return 0;
  }
  std::cout << machine_line()
            << Log::join(size.queries, " queries, a bank of ", size.bank, ", width ", size.width,
                         ", ", at::get_num_threads(), " threads: kNN ",
                         short_seconds(bench::median(cost.knn)), ", the bare product ",
                         short_seconds(bench::median(cost.product)), ": ",
                         report::fixed(bench::median(bench::ratios(cost.knn, cost.product)), 2),
                         " times as long", bound(cost), "\n");
  return 0;
}

}  // namespace tandem::cli
