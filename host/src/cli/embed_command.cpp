#include "cli/commands.hpp"
#include "cli/console_log.hpp"
#include "cli/count_progress.hpp"
#include "cli/process.hpp"
#include "cli/setup.hpp"
#include "formats/json_lines.hpp"
#include "run/embed_run.hpp"
#include "tandem/base/error.hpp"

#include <unistd.h>
#include <iostream>

namespace tandem::cli {
namespace {

Arguments embed_arguments() {
  Arguments arguments(
      "embed RUN|FILE --out FILE.safetensors|.npy|.csv [options]",
      "Writes the features that a trained backbone has of pictures: un-augmented, in eval mode, "
      "one "
      "row a picture in the order of the data set.\n"
      "RUN is a run folder; FILE a backbone.safetensors, which says how to make its network "
      "again.\n"
      "  .safetensors  tensors features (N x F) and labels (N, -1: none), names in "
      "FILE.files.txt\n"
      "  .npy          the features, names in FILE.files.txt\n"
      "  .csv          name, label and the features of a picture in a line\n"
      "A picture that cannot be read is named; its row is zeros without a label. More of them than "
      "data.max_bad end it with exit code 4. What was interrupted goes on where it stopped when "
      "called again: until the end, rows are kept in FILE.partial.");
  arguments.positional("words", 1);
  arguments
      .add_text("data", "DIR",
                "the pictures: a folder, shards, or a file; default: all that the run names")
      .add_text("out", "FILE", "where the features are written")
      .add_flag("overwrite", "replace that file")
      .add_flag("trust", trust_help)
      .add_list(
          "set", "KEY=VALUE",
          "a key of [data] or run.threads, e.g. --set data.source='\"cifar\"'; may be repeated");
  return arguments;
}

std::vector<run::Assignment> assignments(const Arguments& arguments) {
  std::vector<run::Assignment> list;
  if (arguments.has("data")) {
    list.push_back({"data.source=\"auto\"", "--data"});
    list.push_back({assignment("data.path", arguments.text("data")), "--data"});
  }
  if (arguments.flag("trust")) list.push_back({"backbone.trust=true", "--trust"});
  for (auto& item : set_assignments(arguments)) list.push_back(std::move(item));
  return list;
}

run::EmbedOptions embed_options(const Arguments& arguments) {
  const auto words = arguments.list("words");
  if (words.size() != 1 || !arguments.has("out"))
    throw Error(ErrorKind::usage,
                "tandem embed needs a run folder or a file of weights, and --out");
  run::EmbedOptions options;
  options.subject = words[0];
  options.assignments = assignments(arguments);
  options.out = arguments.text("out");
  options.overwrite = arguments.flag("overwrite");
  options.set_threads = [](int threads) { set_threads(threads); };
  return options;
}

void print_json(const run::EmbedSummary& summary, const std::string& out) {
  std::cout << formats::json_text(formats::Json{{"out", out},
                                                {"pictures", summary.pictures},
                                                {"width", summary.width},
                                                {"labelled", summary.labelled},
                                                {"resumed", summary.resumed},
                                                {"unreadable", summary.unreadable},
                                                {"protocol", summary.of}});
}

void print_text(const run::EmbedSummary& summary, const std::string& out) {
  std::cout << out << ": " << summary.pictures << " x " << summary.width << "  " << summary.of
            << (summary.labelled ? "" : ", without labels");
  if (!summary.unreadable.empty())
    std::cout << ", " << summary.unreadable.size() << " unreadable as zeros";
  std::cout << '\n';
}

}  // namespace

int embed_command(const Strings& words) {
  auto arguments = embed_arguments();
  if (!arguments.parse(words)) return 0;
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  CountProgress progress(std::cerr, report::progress_style(STDERR_FILENO, arguments.quiet()));
  auto options = embed_options(arguments);
  options.progress = [&](std::int64_t done, std::int64_t of) {
    progress.show("embed: pictures", done, of);
  };
  options.stop = &catch_signals();
  auto catalog = make_catalog(arguments, log);
  const auto summary = run::embed(options, catalog, log);
  progress.clear();
  if (!summary.whole) {
    log.info("stopped; the same command goes on where this one ended");
    return signal_exit_code();
  }
  if (arguments.json())
    print_json(summary, arguments.text("out"));
  else
    print_text(summary, arguments.text("out"));
  return 0;
}

}  // namespace tandem::cli
