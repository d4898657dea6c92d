#include "cli/commands.hpp"
#include "cli/console_log.hpp"
#include "cli/data_report.hpp"
#include "cli/process.hpp"
#include "cli/setup.hpp"
#include "config/data_section.hpp"
#include "formats/json_lines.hpp"
#include "report/text.hpp"
#include "run/data_set.hpp"
#include "tandem/base/error.hpp"

#include <unistd.h>
#include <algorithm>
#include <iostream>

namespace tandem::cli {
namespace {

/// How far a check is, on stderr: a line that is redrawn on a terminal, else one now and then.
class CheckLine {
 public:
  CheckLine(std::int64_t pictures, bool quiet)
      : pictures_(pictures), style_(report::progress_style(STDERR_FILENO, quiet)) {}
  ~CheckLine() {
    if (drawn_) std::cerr << '\r' << std::string(width_, ' ') << '\r';
  }
  CheckLine(const CheckLine&) = delete;
  CheckLine& operator=(const CheckLine&) = delete;

  void show(std::int64_t done, std::int64_t bad) {
    const double now = clock_(), pause = style_.terminal ? style_.redraw : style_.interval;
    if (style_.quiet || now - shown_at_ < pause) return;
    shown_at_ = now;
    const double rate = static_cast<double>(done) / std::max(1e-9, now - began_);
    std::string text =
        Log::join(done, " of ", report::counted(pictures_, "picture"), ", ", bad, " bad, ",
                  static_cast<std::int64_t>(rate), " a second, ",
                  report::duration(static_cast<double>(pictures_ - done) / rate), " left");
    if (!style_.terminal) {
      std::cerr << text << '\n';
      return;
    }
    width_ = std::max(width_, report::text_width(text));
    text.resize(width_, ' ');
    std::cerr << '\r' << report::cut_text(text, style_.columns - 1) << std::flush;
    drawn_ = true;
  }

 private:
  std::int64_t pictures_;
  report::ProgressStyle style_;
  report::Clock clock_ = report::steady_clock();
  double began_ = clock_(), shown_at_ = began_;
  std::size_t width_ = 0;
  bool drawn_ = false;
};

config::DataSection data_section(const Arguments& arguments, const std::string& path) {
  config::Document document;
  for (const auto& [text, origin] : set_assignments(arguments)) document.set(text, origin);
  document.set(assignment("data.path", path), "the command line");
  return config::check_data_section(document);
}

data::DataReport check(const data::Source& source, const std::atomic<bool>& stop, bool quiet) {
  CheckLine line(source.size(), quiet);
  return data::check_data(source, available_processors() - 1, stop,
                          [&line](std::int64_t done, std::int64_t bad) { line.show(done, bad); });
}

/// Of the pictures that a run whose [eval] says nothing trains on.
std::string training_fingerprint(const run::SourcePointer& source) {
  config::Config config;
  config.data.normalize = "none";  // measuring takes time and changes no fingerprint
  return data::fingerprint(*run::make_data_set(source, config).train);
}

/// As strictly as a run is.
void judge(const data::DataReport& report, double max_bad) {
  const auto bad = static_cast<double>(report.bad.size());
  const auto all = static_cast<double>(report.pictures);
  if (bad <= max_bad * all && bad < all) return;
  throw Error(ErrorKind::data, Log::join(report.bad.size(), " of ", report.pictures,
                                         " pictures cannot be read, more than data.max_bad = ",
                                         max_bad, " allows; mend or remove them, or raise it"));
}

}  // namespace

int data_command(const Strings& words) {
  Arguments arguments(
      "data check DIR|FILE [options]",
      "Decodes every picture of a data set on all processors and tells which cannot be read and "
      "why,\n"
      "sizes, channels, mean and deviation to paste, classes, duplicates, and fingerprints.\n"
      "Exits with 0 where a run would go on, with 4 where data.max_bad is exceeded.");
  arguments.positional("words", 2);
  arguments.add_list("set", "KEY=VALUE",
                     "a key of [data], e.g. --set data.channels=1; may be repeated");
  if (!arguments.parse(words)) return 0;
  const auto given = arguments.list("words");
  if (given.size() != 2 || given[0] != "check") {
    throw Error(ErrorKind::usage, "tandem data needs 'check' and a folder or a file");
  }
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  auto section = data_section(arguments, given[1]);
  section.cache_mb = 0;  // every picture is read once
  const auto source = run::open_training_data(section);
  const auto& stop = catch_signals();
  const auto report = check(*source, stop, arguments.quiet());
  if (report.stopped) {
    log.warn("stopped by a signal before the end: nothing to tell");
    return signal_exit_code();
  }
  const auto training = training_fingerprint(source);
  if (arguments.json()) {
    std::cout << formats::json_text(data_report_json(report, *source, training));
  } else {
    std::cout << data_report_text(report, *source, training);
  }
  judge(report, section.max_bad);
  return 0;
}

}  // namespace tandem::cli
