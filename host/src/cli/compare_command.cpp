#include "cli/commands.hpp"
#include "cli/console_log.hpp"
#include "cli/finished_comparison.hpp"
#include "cli/setup.hpp"
#include "cli/trials.hpp"
#include "config/difference.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace tandem::cli {
namespace {

/// What may differ in the sections that must be equal: it changes speed, or how often is measured.
constexpr std::array<std::string_view, 3> harmless = {"data.workers", "data.cache_mb",
                                                      "eval.knn_every"};
/// What must be equal of the others.
constexpr std::array<std::string_view, 3> required = {"train.epochs", "train.max_steps",
                                                      "train.batch_size"};

bool breaks_terms(const config::Difference& item) {
  const std::string key = item.section + "." + item.key;
  const auto in = [&](const auto& keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  return in(required) || ((item.section == "data" || item.section == "eval") && !in(harmless));
}

/// Data, batches, budget and evaluation must be equal for numbers to compare.
void require_equal_terms(const std::vector<config::Config>& configs, const Strings& words) {
  std::string problems;
  for (std::size_t i = 1; i < configs.size(); ++i) {
    for (const auto& item : config::differences(configs.front(), configs[i])) {
      if (!breaks_terms(item)) continue;
      problems += "\n  " + item.section + "." + item.key + ": " + item.left + " in " +
                  words.front() + ", " + item.right + " in " + words[i];
    }
  }
  if (problems.empty()) return;
  throw Error(ErrorKind::config,
              "the configurations would not be compared on equal terms:" + problems +
                  "\nset them for all, e.g. with --set train.epochs=100, or train each with tandem "
                  "train and compare the runs");
}

/// A file's name without its ending, told apart where two are equal.
std::vector<Variant> variants_of(const Arguments& arguments, const Strings& words) {
  std::vector<Variant> variants;
  for (const auto& word : words) {
    std::string label = std::filesystem::path(word).stem();
    const auto taken = [&](const std::string& name) {
      return std::any_of(variants.begin(), variants.end(),
                         [&](const Variant& other) { return other.label == name; });
    };
    std::string free = label;
    for (int n = 2; taken(free); ++n) free = label + "-" + std::to_string(n);
    variants.push_back({free, word, set_assignments(arguments)});
  }
  return variants;
}

int compare_configurations(const Arguments& arguments, const Strings& words,
                           plugin::Catalog& catalog, Log& log) {
  Trials trials(arguments, catalog, log, variants_of(arguments, words));
  require_equal_terms(trials.configs(), words);
  trials.require_same_pictures();
  return trials.run_and_report();
}

/// A run that counts twice would pass for two.
void require_different(const Strings& folders) {
  std::set<std::filesystem::path> seen;
  for (const auto& folder : folders) {
    if (!seen.insert(std::filesystem::weakly_canonical(folder)).second)
      throw Error(ErrorKind::usage, folder + " is named twice: name each run once");
  }
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) {
    throw Error(ErrorKind::resource, folder.string() + " cannot be made: " + error.message() +
                                         "; name another folder with --out");
  }
}

void compare_finished(const Arguments& arguments, const Strings& words, plugin::Catalog& catalog,
                      Log& log) {
  for (const char* option : {"data", "objective", "backbone", "device", "set"}) {
    if (arguments.has(option))
      throw Error(ErrorKind::usage, std::string("--") + option +
                                        " is for configurations: finished runs stay as they are");
  }
  if (arguments.flag("overwrite") || arguments.number("seeds") != 1)
    throw Error(ErrorKind::usage, "--overwrite and --seeds are for configurations to train");
  require_different(words);
  std::vector<report::RunRecord> runs;
  for (const auto& word : words) runs.push_back(report::read_run(word));
  auto groups = report::group_runs(runs);
  const std::filesystem::path folder = arguments.text("out");
  make_folder(folder);
  finish_comparison(arguments, catalog, log, {std::move(runs), std::move(groups)},
                    folder / "compare.html");
}

/// Whether the words are folders of runs, and not configurations.
bool names_runs(const Strings& words) {
  const auto is_folder = [](const std::string& word) {
    return std::filesystem::is_directory(word);
  };
  if (words.empty())
    throw Error(ErrorKind::usage,
                "tandem compare needs configurations to train, or folders of runs to read");
  if (std::none_of(words.begin(), words.end(), is_folder)) return false;
  const auto other = std::find_if_not(words.begin(), words.end(), is_folder);
  if (other != words.end()) {
    throw Error(ErrorKind::usage, *other +
                                      " is no folder, and other words are: tandem compare "
                                      "needs configurations to train, or folders of runs to "
                                      "read, not both");
  }
  return true;
}

}  // namespace

int compare_command(const Strings& words) {
  Arguments arguments(
      "compare CONFIG… --out DIR | RUN… [options]",
      "CONFIG…: trains each configuration with each seed on the same pictures, batches and budget, "
      "each\nrun as a process of its own, and compares them. What is finished in DIR already is "
      "kept; a run that\nwas interrupted goes on; one of other settings, pictures or plugins is "
      "replaced with --overwrite alone.\n"
      "RUN…: compares the folders of runs; those of one configuration count as its seeds.\n"
      "Prints mean ± standard deviation and paired differences, and writes compare.html, into DIR "
      "or\nthe current folder.");
  add_config_options(arguments, -1, /*out_is_run=*/false);
  Trials::add_options(arguments);
  if (!arguments.parse(words)) return 0;
  const auto given = arguments.list("config");
  const bool finished = names_runs(given);
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  auto catalog = make_catalog(arguments, log);
  if (!finished) return compare_configurations(arguments, given, catalog, log);
  compare_finished(arguments, given, catalog, log);
  return 0;
}

}  // namespace tandem::cli
