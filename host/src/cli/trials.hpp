#pragma once

#include "cli/arguments.hpp"
#include "cli/setup.hpp"
#include "report/comparison.hpp"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tandem::cli {

/// A configuration that is to be trained with several seeds.
struct Variant {
  std::string label;                         ///< and the name of its folder
  std::string word;                          ///< a file, a preset, or empty
  std::vector<run::Assignment> assignments;  ///< over the other options of the command line
};

/// What `compare` and `sweep` share: options, and the runs of some variants.
class Trials {
 public:
  /// Declares --seeds, --overwrite and --out.
  static void add_options(Arguments& arguments);

  /// Reads and checks every variant. Throws what is wrong with one, Error(usage) for a missing
  /// --out, for seeds below 1, or for a variant that sets run.seed or run.out.
  Trials(const Arguments& arguments, plugin::Catalog& catalog, Log& log,
         std::vector<Variant> variants);

  /// The checked configurations, in the order of the variants.
  const std::vector<config::Config>& configs() const { return configs_; }

  /// Throws Error(config) where the variants train on different pictures: a key may change what is
  /// held out.
  void require_same_pictures() const;

  /// Trains what is not there already, each run as a process of its own, then prints the table of
  /// all finished runs, as text or JSON, and writes `compare.html`. Returns 0, or the exit code of
  /// the first run that failed; or 130 or 143 after a signal, which ends all without a table.
  int run_and_report();

 private:
  struct Planned {
    std::size_t variant = 0;
    std::int64_t seed = 0;
    std::filesystem::path folder;
  };

  void prepare(const Variant& variant);
  void settle_precision(config::Config& config, const std::string& label);
  int run();
  void report();
  /// Whether the run there was left by this call, or kept by it.
  bool is_current(const Planned& planned) const;
  run::Layers layers(const Variant& variant) const;
  Strings child_words(const Planned& planned) const;
  /// Whether the run is there and finished. Throws Error(usage) for another configuration's.
  bool kept(const Planned& planned);
  void require_same(const Planned& planned, const report::RunRecord& run) const;
  void tell(const Planned& planned, std::size_t done, std::size_t all) const;

  const Arguments& arguments_;
  plugin::Catalog& catalog_;
  Log& log_;
  std::vector<Variant> variants_;
  std::vector<config::Config> configs_;
  std::vector<std::string> fingerprints_;
  std::string unasked_;  // labels of the variants that no pictures are there to evaluate with
  std::vector<Planned> plan_;
  std::filesystem::path out_;
  std::string precision_;                        // of all runs whose configuration leaves it open
  std::vector<double> seconds_;                  // that each finished run took
  std::map<std::filesystem::path, int> failed_;  // exit codes of runs that failed now
  std::set<std::filesystem::path> unfinished_;   // runs that go on from their checkpoint
};

}  // namespace tandem::cli
