#include "cli/trials.hpp"

#include "cli/child_process.hpp"
#include "cli/finished_comparison.hpp"
#include "cli/process.hpp"
#include "config/difference.hpp"
#include "config/document.hpp"
#include "plugin/stamp.hpp"
#include "report/text.hpp"
#include "run/full_paths.hpp"
#include "run/precision.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>

namespace tandem::cli {
namespace {

constexpr std::int64_t most_seeds = 1000;

/// What training measures and writes down, and where it writes.
bool of_the_run(const config::Difference& item, const config::Config& wanted) {
  if (item.section == "run") return item.key == "out";
  if (item.section == "train") return item.key == "passes" && wanted.train.passes == "auto";
  return wanted.data.normalize == "auto" && item.section == "data" &&
         (item.key == "normalize" || item.key == "mean" || item.key == "std");
}

/// Throws Error(usage) where --set names what every run is given its own of.
void refuse_keys_of_runs(const Variant& variant) {
  config::Document document;
  for (const auto& [text, origin] : variant.assignments) document.set(text, origin);
  const auto refuse = [&](const std::string& key, const char* remedy) {
    if (document.find(key) != nullptr)
      throw Error(ErrorKind::usage, "--set " + key + ": each run has its own: " + remedy);
  };
  refuse("run.seed", "--seeds N trains with the seeds 0 to N-1");
  refuse("run.out", "name the folder for all runs with --out DIR");
}

/// The id of a plugin of which another build is found now; empty where there is none.
std::string changed_plugin(const report::RunRecord& run, const plugin::Catalog& catalog) {
  for (const auto& [id, hash] : report::used_plugins(run)) {
    for (const auto& file : catalog.files())
      if (file.opened() && plugin::text(file.stamp.id) == id && file.sha256 != hash) return id;
  }
  return "";
}

}  // namespace

int Trials::run_and_report() {
  const int code = run();
  if (!catch_signals()) report();
  return code;
}

void Trials::add_options(Arguments& arguments) {
  arguments.add_number("seeds", "N", "train each configuration with seeds 0 to N-1 (run.seed)", 1)
      .add_text("out", "DIR", "the folder for all runs and compare.html")
      .add_flag("overwrite", "train again what is finished already");
}

Trials::Trials(const Arguments& arguments, plugin::Catalog& catalog, Log& log,
               std::vector<Variant> variants)
    : arguments_(arguments),
      catalog_(catalog),
      log_(log),
      variants_(std::move(variants)),
      out_(arguments.text("out")) {
  if (out_.empty())
    throw Error(ErrorKind::usage, "name a folder for the runs and their page with --out DIR");
  const std::int64_t seeds = arguments.number("seeds");
  if (seeds < 1 || seeds > most_seeds)
    throw Error(ErrorKind::usage, Log::join("--seeds is a number from 1 to ", most_seeds));
  for (const Variant& variant : variants_) refuse_keys_of_runs(variant);
  for (const Variant& variant : variants_) prepare(variant);
  // Seed by seed, so that an interrupted comparison is one of fewer seeds.
  for (std::int64_t seed = 0; seed < seeds; ++seed) {
    for (std::size_t i = 0; i < variants_.size(); ++i)
      plan_.push_back({i, seed, out_ / variants_[i].label / ("seed-" + std::to_string(seed))});
  }
}

void Trials::require_same_pictures() const {
  for (std::size_t i = 1; i < variants_.size(); ++i) {
    if (fingerprints_[i] == fingerprints_.front()) continue;
    throw Error(
        ErrorKind::config,
        variants_[i].label + " would train on other pictures than " + variants_.front().label +
            ": set [data] and [eval] alike (with eval.knn_every = \"never\" nothing is held "
            "out)");
  }
}

void Trials::prepare(const Variant& variant) {
  auto prepared = run::prepare(layers(variant), catalog_);
  configs_.push_back(prepared.config);
  run::complete_paths(configs_.back());
  settle_precision(configs_.back(), variant.label);
  prepared.config.data.normalize = "none";  // measuring takes time and changes no fingerprint
  const auto data = run::make_data_set(prepared.data, prepared.config);
  fingerprints_.push_back(data::fingerprint(*data.train));
  if (!data.queries) unasked_ += (unasked_.empty() ? "" : ", ") + variant.label;
}

/// One for all runs that leave it open: each child's own probe might find otherwise. The runs of
/// the first such variant have it where they are there already.
void Trials::settle_precision(config::Config& config, const std::string& label) {
  if (config.run.precision != "auto") return;
  if (precision_.empty()) {
    auto first = config;
    first.run.out = out_ / label / "seed-0";
    const auto use =
        arguments_.flag("overwrite") ? run::FolderUse::overwrite : run::FolderUse::resume;
    precision_ = run::settle_precision(first, use, nullptr, log_).run.precision;
  }
  config.run.precision = precision_;
}

run::Layers Trials::layers(const Variant& variant) const {
  // Their --out is none of a run's.
  auto layers = read_shorthands(arguments_, variant.word);
  std::erase_if(layers.assignments, [](const auto& item) { return item.origin == "--out"; });
  layers.assignments.insert(layers.assignments.end(), variant.assignments.begin(),
                            variant.assignments.end());
  return layers;
}

Strings Trials::child_words(const Planned& planned) const {
  const Variant& variant = variants_[planned.variant];
  Strings words{"train"};
  if (!variant.word.empty()) words.push_back(variant.word);
  const auto set = [&](const std::string& text) { words.insert(words.end(), {"--set", text}); };
  for (const auto& item : layers(variant).assignments) set(item.text);
  set("run.seed=" + std::to_string(planned.seed));
  set(assignment("run.precision", configs_[planned.variant].run.precision));
  words.insert(words.end(), {"--out", planned.folder.string()});
  if (std::filesystem::exists(planned.folder / "manifest.json"))
    words.push_back(unfinished_.contains(planned.folder) ? "--resume" : "--overwrite");
  for (const char* option : {"plugin", "plugin-path"}) {
    for (const auto& value : arguments_.list(option))
      words.insert(words.end(), {std::string("--") + option, value});
  }
  if (arguments_.quiet()) words.push_back("--quiet");
  if (arguments_.verbose()) words.push_back("--verbose");
  return words;
}

void Trials::require_same(const Planned& planned, const report::RunRecord& run) const {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::usage, planned.folder.string() + " holds a run of other " + what +
                                      "; name another folder with --out, or train all anew with "
                                      "--overwrite");
  };
  config::Config wanted = configs_[planned.variant];
  wanted.run.seed = planned.seed;
  auto trained = run::prepare_for({planned.folder / "config.toml", {}}, catalog_, {32, 32, 3});
  // Programs that wrote no way had one pass a view.
  if (trained.train.passes == "auto") trained.train.passes = "apart";
  for (const auto& item : config::differences(trained, wanted)) {
    if (!of_the_run(item, wanted))
      refuse("settings: " + item.section + "." + item.key + " was " + item.left + ", not " +
             item.right);
  }
  if (report::fingerprint(run) != fingerprints_[planned.variant]) refuse("pictures");
  const std::string changed = changed_plugin(run, catalog_);
  if (!changed.empty()) refuse("plugins: '" + changed + "' is another build");
}

bool Trials::kept(const Planned& planned) {
  const auto is_there = [&](const char* file) {
    return std::filesystem::is_regular_file(planned.folder / file);
  };
  if (arguments_.flag("overwrite") || !is_there("config.toml") || !is_there("metrics.jsonl"))
    return false;
  const auto run = report::read_run(planned.folder);
  require_same(planned, run);
  if (run.finished()) {
    seconds_.push_back(run.seconds);
    return true;
  }
  log_.info(planned.folder.string(), " was not finished: it goes on");
  unfinished_.insert(planned.folder);
  return false;
}

void Trials::tell(const Planned& planned, std::size_t done, std::size_t all) const {
  std::string left;
  if (!seconds_.empty()) {
    const double mean = report::spread(seconds_).mean;
    left = "; about " + report::duration(mean * static_cast<double>(all - done)) + " left";
  }
  log_.info("run ", done + 1, " of ", all, ": ", variants_[planned.variant].label, ", seed ",
            planned.seed, left);
}

int Trials::run() {
  const auto& stop = catch_signals();
  std::vector<Planned> missing;
  for (const Planned& planned : plan_)
    if (!kept(planned)) missing.push_back(planned);
  if (missing.size() < plan_.size())
    log_.info(plan_.size() - missing.size(), " of ", plan_.size(), " runs are there already");
  if (!missing.empty() && !unasked_.empty())
    log_.warn("there will be no accuracy of ", unasked_, " to compare: ", report::why_no_accuracy);
  int code = 0;
  for (std::size_t i = 0; i < missing.size() && !stop; ++i) {
    tell(missing[i], i, missing.size());
    const int result = run_child(child_words(missing[i]));
    if (stop) break;
    if (result == 0) {
      seconds_.push_back(report::read_run(missing[i].folder).seconds);
    } else {
      failed_[missing[i].folder] = result;
      log_.warn(missing[i].folder.string(), " failed with exit code ", result,
                ": it is in no average");
    }
    if (code == 0) code = result;
  }
  if (!stop) return code;
  log_.warn("stopped with ", seconds_.size(), " of ", plan_.size(),
            " runs finished; the same command",
            arguments_.flag("overwrite") ? " without --overwrite goes on from there, and keeps "
                                           "earlier runs that were not replaced yet"
                                         : " goes on from there");
  return signal_exit_code();
}

bool Trials::is_current(const Planned& planned) const {
  if (!std::filesystem::exists(planned.folder / "metrics.jsonl")) return false;
  // What failed has not finished: what says so is an earlier run, which this one did not replace.
  return !failed_.contains(planned.folder) || !report::read_run(planned.folder).finished();
}

void Trials::report() {
  std::vector<report::RunRecord> runs;
  std::vector<report::Group> groups;
  std::vector<std::string> cautions;
  for (std::size_t i = 0; i < variants_.size(); ++i) {
    report::Group group{variants_[i].label, {}};
    for (const Planned& planned : plan_) {
      if (planned.variant != i) continue;
      if (!is_current(planned)) {
        cautions.push_back(planned.folder.string() +
                           " failed before its first step, and is not in "
                           "the table");
        continue;
      }
      group.runs.push_back(runs.size());
      runs.push_back(report::read_run(planned.folder));
    }
    if (!group.runs.empty()) groups.push_back(std::move(group));
  }
  if (!runs.empty())
    finish_comparison(arguments_, catalog_, log_,
                      {std::move(runs), std::move(groups), std::move(cautions)},
                      out_ / "compare.html");
}

}  // namespace tandem::cli
