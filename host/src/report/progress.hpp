#pragma once

#include "report/observer.hpp"

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <mutex>
#include <string>

namespace tandem::report {

/// How progress is shown.
struct ProgressStyle {
  bool terminal = false;     ///< one line, redrawn; else plain lines
  bool color = false;        ///< escape codes for colour (terminal only)
  bool quiet = false;        ///< nothing at all
  std::size_t columns = 80;  ///< of the terminal
  double interval = 10;      ///< seconds between plain lines
  double redraw = 0.1;       ///< seconds between redraws
};

/// What suits a file descriptor: a terminal unless TERM is "dumb", its width, colour unless
/// NO_COLOR is set and not empty (no-color.org).
ProgressStyle progress_style(int descriptor, bool quiet = false);

/// Seconds that never go back.
using Clock = std::function<double()>;
Clock steady_clock();

/// Shows how training goes: epoch, step, loss, images a second, the share of time spent waiting for
/// data, what is left (measured from the end of the first step on, since that one warms up), and
/// the parts of the loss. [any thread, so that a log may call `clear`]
class Progress final : public TrainObserver {
 public:
  /// `out` must outlive this.
  Progress(std::ostream& out, ProgressStyle style, Clock clock = steady_clock());

  void on_start(const RunInfo& run) override;
  void on_step(const StepEvent& step) override;
  void on_evaluation(const EvalEvent& eval) override;
  void on_end(const EndEvent& end) override;

  /// Takes the line off the terminal, before something else is printed there; the next step draws
  /// it again.
  void clear();

 private:
  struct Part {
    std::string text;
    const char* color = "";
  };
  using Parts = std::vector<Part>;

  bool due(double now) const;
  double remaining(const StepEvent& step, double now) const;
  Parts describe(const StepEvent& step, double now) const;
  void draw(const Parts& parts);
  void print_line(const std::string& text, const char* color);
  void erase();

  std::mutex mutex_;
  std::ostream& out_;
  ProgressStyle style_;
  Clock clock_;
  RunInfo run_;
  Seconds seconds_;          // since the last line that was shown
  std::int64_t images_ = 0;  // likewise
  std::int64_t first_step_ = -1;
  double first_time_ = 0;
  double shown_at_ = 0;
  bool shown_ = false;    // any line yet
  bool visible_ = false;  // a line stands on the terminal, without its line end
};

}  // namespace tandem::report
