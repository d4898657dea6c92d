#include "cli/bench.hpp"
#include "cli/commands.hpp"
#include "tandem/base/error.hpp"

#include <array>
#include <string_view>

namespace tandem::cli {

namespace {

struct Part {
  std::string_view name;
  int (*run)(const Strings& words);
};
constexpr std::array parts = {Part{"data", bench_data}, Part{"knn", bench_knn},
                              Part{"loss", bench_loss}, Part{"roofline", bench_roofline},
                              Part{"step", bench_step}};

}  // namespace

int bench_command(const Strings& words) {
  const std::string what = words.empty() ? "" : words[0];
  for (const auto& part : parts)
    if (what == part.name) return part.run({words.begin() + 1, words.end()});
  Arguments arguments(
      "bench data|knn|loss|roofline|step [options]",
      "Measures Tandem on this machine. Sides that are compared take turns in one run; medians are "
      "told, and of ratios what they are at least, with 95 % confidence.\n"
      "data: what operations, decoding and the loader cost, for the pictures and views of a "
      "configuration.\n"
      "knn: the evaluation's nearest neighbours, beside the bare matrix product.\n"
      "loss: an objective's loss, forward and backward: time and peak memory.\n"
      "roofline: what LibTorch's convolutions and products can do here, those of a step of a "
      "configuration.\n"
      "step: training steps, beside what their convolutions and products take by themselves.\n"
      "tandem bench data --help, … list the options of each.");
  arguments.positional("words", -1);
  if (!arguments.parse(words)) return 0;
  throw Error(ErrorKind::usage, "tandem bench needs 'data', 'knn', 'loss', 'roofline' or 'step'");
}

}  // namespace tandem::cli
