#include "cli/commands.hpp"
#include "cli/eval.hpp"
#include "tandem/base/error.hpp"

namespace tandem::cli {

int eval_command(const Strings& words) {
  const std::string what = words.empty() ? "" : words[0];
  const Strings rest(words.begin() + (words.empty() ? 0 : 1), words.end());
  if (what == "knn") return eval_knn(rest);
  if (what == "linear") return eval_linear(rest);
  Arguments arguments(
      "eval knn|linear RUN|FILE [options]",
      "Judges frozen features by labelled pictures that were not trained on.\n"
      "knn: each picture is classified by its nearest training pictures; --baselines: beside raw "
      "pixels and the untrained network.\n"
      "linear: by a linear classifier that is trained on the training pictures' features.\n"
      "RUN is a run folder, FILE holds features that tandem embed has written.\n"
      "tandem eval knn --help and tandem eval linear --help list the options of each.");
  arguments.positional("words", -1);
  if (!arguments.parse(words)) return 0;
  throw Error(ErrorKind::usage, "tandem eval needs 'knn' or 'linear', and a run folder or a file");
}

}  // namespace tandem::cli
