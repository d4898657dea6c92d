#include "cli/commands.hpp"
#include "cli/console_log.hpp"
#include "cli/process.hpp"
#include "cli/ranks.hpp"
#include "cli/setup.hpp"
#include "formats/disk.hpp"
#include "formats/json_lines.hpp"
#include "report/text.hpp"
#include "run/replay.hpp"
#include "run/train_run.hpp"
#include "tandem/base/error.hpp"

#include <unistd.h>

#include <csignal>

#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

namespace tandem::cli {
namespace {

/// Progress on stderr. It leaves the reason of a failure to the program, which prints it last.
class ShownProgress final : public report::TrainObserver {
 public:
  explicit ShownProgress(report::Progress& progress) : progress_(progress) {}
  void on_start(const report::RunInfo& run) override { progress_.on_start(run); }
  void on_step(const report::StepEvent& step) override { progress_.on_step(step); }
  void on_evaluation(const report::EvalEvent& eval) override { progress_.on_evaluation(eval); }
  void on_end(const report::EndEvent& end) override {
    auto without_reason = end;
    without_reason.message.clear();
    progress_.on_end(without_reason);
  }

 private:
  report::Progress& progress_;
};

Arguments train_arguments() {
  Arguments arguments(
      "train [CONFIG|PRESET] [options]",
      "Pre-trains a backbone on unlabelled pictures and leaves a run folder with its weights.\n"
      "  tandem train --data DIR_OF_IMAGES                       sensible defaults for everything\n"
      "  tandem train --data DIR --objective simsiam             another objective\n"
      "  tandem train my.toml --set train.epochs=20              a configuration of your own\n"
      "  tandem train runs/mine --resume                         go on with a run that was "
      "stopped\n"
      "The folder's config.toml then holds every key; tandem config show prints it beforehand.");
  add_config_options(arguments, 1);
  arguments.add_flag("overwrite", "replace the run that --out names")
      .add_flag("resume",
                "go on with the run that --out names, or that stands in CONFIG's place, from its "
                "newest whole checkpoint")
      .add_list(
          "allow-change", "KEY",
          "with --resume: a key that may differ from the run's, e.g. train.epochs; may be repeated")
      .add_text("replay", "FOLDER",
                "do the step again that a guard stopped, from what the run kept of it; --set may "
                "change it")
      .add_flag("dry-run", "one step of everything, nothing kept")
      .add_number("ranks", "N",
                  "train in N processes of this machine that share each batch; torchrun "
                  "--no-python and other launchers serve several machines")
      .add_text("init-from", "FILE",
                "weights to start the backbone from: safetensors with its names, or a run folder")
      .add_text(
          "strip-prefix", "PREFIX",
          "what the names begin with in that file, e.g. backbone. in lightly's and solo-learn's");
  return arguments;
}

run::InitialWeights initial_weights(const Arguments& arguments) {
  if (arguments.has("strip-prefix") && !arguments.has("init-from"))
    throw Error(ErrorKind::usage, "--strip-prefix needs the file that --init-from names");
  return {arguments.text("init-from"), arguments.text("strip-prefix")};
}

/// A run that is resumed is its folder's: its configuration, unless another is named, and its
/// place.
run::Layers layers_of(const Arguments& arguments) {
  std::string word = arguments.text("config");
  if (!arguments.flag("resume")) return read_layers(arguments, word);
  const bool word_is_run = std::filesystem::is_directory(word);
  const std::string out = arguments.has("out") ? arguments.text("out") : word_is_run ? word : "";
  if (out.empty())
    throw Error(
        ErrorKind::usage,
        "--resume needs the run's folder: tandem train DIR --resume, or name it with --out");
  if (word.empty() && std::filesystem::exists(std::filesystem::path(out) / "config.toml"))
    word = out;
  auto layers = read_layers(arguments, word);
  layers.assignments.push_back({assignment("run.out", out), "--resume"});
  return layers;
}

void check_together(const Arguments& arguments) {
  const auto refuse = [](const std::string& what) { throw Error(ErrorKind::usage, what); };
  const bool resume = arguments.flag("resume");
  for (const char* other : {"overwrite", "dry-run"}) {
    if (resume && arguments.flag(other))
      refuse(std::string("--resume and --") + other + " exclude each other");
  }
  if (!resume && arguments.has("allow-change")) refuse("--allow-change needs --resume");
  if (!arguments.has("replay")) return;
  // A replay has its configuration, weights and pictures from its folder: --set alone may differ.
  for (const char* other : {"config", "data", "objective", "backbone", "out", "device", "ranks",
                            "init-from", "strip-prefix"}) {
    if (arguments.has(other)) refuse(std::string("--replay takes no --") + other);
  }
  for (const char* other : {"resume", "overwrite", "dry-run"}) {
    if (arguments.flag(other)) refuse(std::string("--replay takes no --") + other);
  }
}

run::FolderUse folder_use(const Arguments& arguments) {
  if (arguments.flag("resume")) return run::FolderUse::resume;
  return arguments.flag("overwrite") ? run::FolderUse::overwrite : run::FolderUse::fresh;
}

void print_json(const run::TrainSummary& summary) {
  formats::Json result = {{"run", summary.folder.string()},
                          {"steps", summary.steps},
                          {"end", report::to_string(summary.reason)},
                          {"evaluations", formats::Json::array()}};
  for (const auto& event : summary.evaluations) {
    formats::Json values;
    for (const auto& [name, value] : event.values) values[name] = formats::json_number(value);
    result["evaluations"].push_back({{"name", event.name},
                                     {"protocol", event.protocol},
                                     {"epoch", event.epoch},
                                     {"values", values}});
  }
  std::cout << formats::json_text(result);
}

void print_text(const run::TrainSummary& summary) {
  for (const auto& event : summary.evaluations) {
    if (event.step != summary.evaluations.back().step) continue;
    for (const auto& [name, value] : event.values)
      std::cout << name << ' ' << value << "  (" << event.protocol << ")\n";
  }
  if (summary.folder.empty()) {
    std::cout << "dry run: one step of everything went well\n";
    if (const auto& cost = summary.checkpoint)
      std::cout << "a checkpoint takes " << formats::human_bytes(cost->bytes) << ", written in "
                << report::fixed(cost->write_seconds, 2) << " s, read again in "
                << report::fixed(cost->read_seconds, 2) << " s\n";
  } else {
    std::cout << "run folder: " << summary.folder.string() << '\n';
  }
}

/// 0 where the step goes well now; what stops it again is an error, as it was then.
int replay_command(const Arguments& arguments, plugin::Catalog& catalog, Log& log) {
  run::ReplayOptions options;
  options.assignments = set_assignments(arguments);
  options.set_threads = [](int threads) { set_threads(threads); };
  const auto again = run::replay(arguments.text("replay"), options, catalog, log);
  if (arguments.json()) {
    std::cout << formats::json_text({{"step", again.step},
                                     {"problem", again.problem},
                                     {"seen", again.seen},
                                     {"same", again.seen == again.problem}});
    return again.seen.empty() ? 0 : static_cast<int>(ErrorKind::guard);
  }
  if (!again.seen.empty()) throw Error(ErrorKind::guard, again.seen);
  std::cout << "step " << again.step << " goes well here, with a loss of " << again.loss
            << "; then it was stopped: " << again.problem << '\n';
  return 0;
}

/// Whether this process is to start the ranks, and is none of them.
bool starts_ranks(const Arguments& arguments, const std::optional<train::RankPlace>& place) {
  if (!arguments.has("ranks")) return false;
  const auto ranks = arguments.number("ranks");
  if (ranks < 1 || ranks > 1024)
    throw Error(ErrorKind::usage, "--ranks must be a number from 1 to 1024");
  if (place && ranks != place->size)
    throw Error(ErrorKind::usage, Log::join("--ranks is ", ranks, ", but a launcher has started ",
                                            place->size, " (WORLD_SIZE): leave --ranks out"));
  return !place && ranks > 1;
}

/// What is wrong with the configuration is told once, not by every rank.
int start_ranks(const Arguments& arguments, const Strings& words) {
  auto catalog = make_catalog(arguments, null_log());
  run::prepare(layers_of(arguments), catalog);
  return run_ranks(static_cast<int>(arguments.number("ranks")), words);
}

run::TrainSummary train_together(const run::Prepared& prepared, plugin::Catalog& catalog,
                                 run::TrainOptions& options, const train::RankPlace& place,
                                 Log& log) {
  train::ProcessGroup group(place);
  options.group = &group;
  options.local_rank = place.device;
  try {
    auto summary = run::train(prepared, catalog, options, log);
    group.finish();
    const auto& traffic = group.traffic();
    log.write(LogLevel::debug,
              Log::join("rank ", place.rank, " gave ", formats::human_bytes(traffic.bytes),
                        " into ", traffic.operations, " collectives, for which it waited ",
                        report::fixed(traffic.seconds, 2), " s; ", report::fixed(traffic.hidden, 2),
                        " s more of them passed in the background"));
    return summary;
  } catch (const std::exception& error) {
    group.fail(error.what());
    throw;
  }
}

}  // namespace

int train_command(const Strings& words) {
  auto arguments = train_arguments();
  if (!arguments.parse(words)) return 0;
  check_together(arguments);
  const auto place = own_place();
  if (starts_ranks(arguments, place)) return start_ranks(arguments, words);
  const bool speaks = !place || place->rank == 0;
  ConsoleLog log(arguments.verbose(), arguments.quiet() || !speaks);
  report::Progress progress(std::cerr, report::progress_style(STDERR_FILENO, arguments.quiet()));
  log.keep_clear_of(&progress);
  auto catalog = make_catalog(arguments, log);
  if (arguments.has("replay")) return replay_command(arguments, catalog, log);
  const auto prepared = run::prepare(layers_of(arguments), catalog);
  const int threads = prepared.config.run.threads;
  set_threads(threads == 0 && place ? threads_of_rank(*place) : threads);

  run::TrainOptions options;
  options.use = folder_use(arguments);
  options.allowed_changes = arguments.list("allow-change");
  options.dry_run = arguments.flag("dry-run");
  options.initial = initial_weights(arguments);
  options.stop = &catch_signals();
  ShownProgress shown(progress);
  report::TrainObserver* const observer = &shown;
  if (speaks) options.observers = {&observer, 1};
  const auto summary = place ? train_together(prepared, catalog, options, *place, log)
                             : run::train(prepared, catalog, options, log);
  const bool interrupted = summary.reason == report::EndReason::interrupted;
  // Where it was another rank that got the signal, this one ends as that does.
  const int code = !interrupted ? 0 : signal_exit_code() != 0 ? signal_exit_code() : 128 + SIGTERM;
  if (!speaks) return code;
  if (arguments.json())
    print_json(summary);
  else
    print_text(summary);
  return code;
}

}  // namespace tandem::cli
