#include "cli/bench.hpp"
#include "cli/commands.hpp"
#include "tandem/base/error.hpp"

namespace tandem::cli {

int bench_command(const Strings& words) {
  const std::string what = words.empty() ? "" : words[0];
  const Strings rest(words.begin() + (words.empty() ? 0 : 1), words.end());
  if (what == "data") return bench_data(rest);
  if (what == "knn") return bench_knn(rest);
  Arguments arguments(
      "bench data|knn [options]",
      "Measures Tandem on this machine. Sides that are compared take turns in one run; medians are "
      "told, and of ratios what they are at least, with 95 % confidence.\n"
      "data: what operations, decoding and the loader cost, for the pictures and views of a "
      "configuration.\n"
      "knn: the evaluation's nearest neighbours, beside the bare matrix product.\n"
      "tandem bench data --help and tandem bench knn --help list the options of each.");
  arguments.positional("words", -1);
  if (!arguments.parse(words)) return 0;
  throw Error(ErrorKind::usage, "tandem bench needs 'data' or 'knn'");
}

}  // namespace tandem::cli
