#include "cli/eval.hpp"
#include "cli/process.hpp"
#include "cli/setup.hpp"
#include "report/text.hpp"
#include "tandem/base/error.hpp"

#include <charconv>
#include <filesystem>
#include <sstream>

namespace tandem::cli {
namespace {

[[noreturn]] void wrong_list(const char* option, const std::string& text) {
  throw Error(ErrorKind::usage, std::string("--") + option +
                                    " needs numbers with commas between, "
                                    "like 1,20,200, each above 0; it is '" +
                                    text + "'");
}

template <class T>
std::vector<T> list(const Arguments& arguments, const char* option) {
  std::vector<T> values;
  if (!arguments.has(option)) return values;
  const std::string text = arguments.text(option);
  std::istringstream parts(text + ",");
  for (std::string part; std::getline(parts, part, ',');) {
    T value{};
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size() || !(value > 0) ||
        !(value < T(1e15)))
      wrong_list(option, text);
    values.push_back(value);
  }
  return values;
}

std::string one_of(const Arguments& arguments, const char* option, const Strings& choices) {
  const std::string word = arguments.text(option);
  std::string known;
  for (const auto& choice : choices) {
    if (word == choice) return word;
    known += (known.empty() ? "" : " or ") + choice;
  }
  throw Error(ErrorKind::usage,
              std::string("--") + option + " is " + known + ", not '" + word + "'");
}

std::filesystem::path only_word(const Arguments& arguments) {
  const auto words = arguments.list("words");
  if (words.size() == 1) return words[0];
  throw Error(ErrorKind::usage,
              "name one run folder, or one file of features that tandem embed has written");
}

void require_fit(const Arguments& arguments, const run::EvalOptions& options) {
  const bool file = std::filesystem::is_regular_file(options.subject);
  if (options.space == "pixels" && arguments.has("features"))
    throw Error(ErrorKind::usage, "--raw takes pixels as features: leave --features out");
  if (arguments.has("holdout") && !(file && options.queries.empty())) {
    throw Error(ErrorKind::usage,
                "--holdout is for a file of features without --queries; a run holds out what its "
                "eval.holdout says");
  }
  if (!(options.holdout > 0 && options.holdout < 1))
    throw Error(ErrorKind::usage, "--holdout is a share between 0 and 1");
}

}  // namespace

void add_eval_options(Arguments& arguments) {
  arguments.positional("words", 1);
  arguments
      .add_text("features", "WHAT",
                "of a run: backbone (default), or projector: the objective's embedding")
      .add_flag("raw", "pixels as features, averaged to at most 32 x 32")
      .add_text(
          "epoch", "WHICH",
          "of a run: last, or best: the weights with the best kNN (kept with eval.knn_every > 0)",
          "last")
      .add_text("queries", "PATH", "labelled test pictures for a run, a second file for a file")
      .add_real(
          "holdout", "SHARE",
          "of a file without --queries: the share of its rows that are asked about (default 0.1)")
      .add_flag("trust", trust_help)
      .add_number("seed", "N", "start of all draws", 0);
}

run::EvalOptions eval_options(const Arguments& arguments, CountProgress& progress) {
  run::EvalOptions options;
  options.subject = only_word(arguments);
  if (arguments.has("features"))
    options.space = one_of(arguments, "features", {"backbone", "projector"});
  options.best = one_of(arguments, "epoch", {"last", "best"}) == "best";
  options.trust = arguments.flag("trust");
  options.queries = arguments.text("queries");
  if (arguments.has("holdout")) options.holdout = arguments.real("holdout");
  if (arguments.number("seed") < 0) throw Error(ErrorKind::usage, "--seed is 0 or more");
  options.seed = static_cast<std::uint64_t>(arguments.number("seed"));
  if (arguments.flag("raw")) options.space = "pixels";
  require_fit(arguments, options);
  options.set_threads = [](int threads) { set_threads(threads); };
  options.progress = [&progress](const std::string& what, std::int64_t done, std::int64_t of) {
    progress.show(what, done, of);
  };
  return options;
}

std::vector<std::int64_t> whole_numbers(const Arguments& arguments, const char* option) {
  return list<std::int64_t>(arguments, option);
}

std::vector<double> numbers(const Arguments& arguments, const char* option) {
  return list<double>(arguments, option);
}

std::string percent(double share, int digits) {
  return report::fixed(100 * share, digits);
}

formats::Json epochs_json(const std::string& epochs) {
  const auto number = formats::Json::parse(epochs, nullptr, false);
  return number.is_number() ? number : formats::Json();
}

}  // namespace tandem::cli
