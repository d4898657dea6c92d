#include "cli/commands.hpp"
#include "cli/console_log.hpp"
#include "cli/process.hpp"
#include "cli/setup.hpp"
#include "formats/json_lines.hpp"
#include "run/train_run.hpp"
#include "tandem/base/error.hpp"

#include <unistd.h>
#include <iostream>

namespace tandem::cli {
namespace po = boost::program_options;
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
      "The folder's config.toml then holds every key; tandem config show prints it beforehand.");
  add_config_options(arguments, 1);
  arguments.add()("overwrite", po::bool_switch(), "replace the run that --out names")  //
      ("dry-run", po::bool_switch(), "one step of everything, nothing kept")           //
      ("init-from", po::value<std::string>()->value_name("FILE"),
       "weights to start the backbone from: safetensors with its names, or a run folder")  //
      ("strip-prefix", po::value<std::string>()->value_name("PREFIX"),
       "what the names begin with in that file, e.g. backbone. in lightly's and solo-learn's");
  return arguments;
}

run::InitialWeights initial_weights(const Arguments& arguments) {
  if (arguments.has("strip-prefix") && !arguments.has("init-from"))
    throw Error(ErrorKind::usage, "--strip-prefix needs the file that --init-from names");
  return {arguments.text("init-from"), arguments.text("strip-prefix")};
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
  if (summary.folder.empty())
    std::cout << "dry run: one step of everything went well\n";
  else
    std::cout << "run folder: " << summary.folder.string() << '\n';
}

}  // namespace

int train_command(const Strings& words) {
  auto arguments = train_arguments();
  if (!arguments.parse(words)) return 0;
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  report::Progress progress(std::cerr, report::progress_style(STDERR_FILENO, arguments.quiet()));
  log.keep_clear_of(&progress);
  auto catalog = make_catalog(arguments, log);
  const auto prepared = run::prepare(read_layers(arguments, arguments.text("config")), catalog);
  set_threads(prepared.config.run.threads);

  run::TrainOptions options;
  options.overwrite = arguments.flag("overwrite");
  options.dry_run = arguments.flag("dry-run");
  options.initial = initial_weights(arguments);
  options.stop = &catch_signals();
  ShownProgress shown(progress);
  report::TrainObserver* const observer = &shown;
  options.observers = {&observer, 1};
  const auto summary = run::train(prepared, catalog, options, log);
  if (arguments.json())
    print_json(summary);
  else
    print_text(summary);
  return summary.reason == report::EndReason::interrupted ? signal_exit_code() : 0;
}

}  // namespace tandem::cli
