#include "report/progress.hpp"

#include "report/text.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ostream>
#include <string_view>
#include <utility>

namespace tandem::report {
namespace {

constexpr const char* bold = "\x1b[1m";
constexpr const char* yellow = "\x1b[33m";
constexpr const char* plain = "\x1b[0m";
constexpr const char* erase_line = "\r\x1b[K";
constexpr double waiting_much = 0.2;  // of the time for data: worth a colour

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string of(std::int64_t done, std::int64_t all) {
  return std::to_string(done) + "/" + std::to_string(all);
}

std::string describe(const RunInfo& run) {
  std::string text =
      run.objective + " on " + run.backbone + " (" +
      short_number(static_cast<double>(run.parameters) / 1e6, 3) + " M parameters, " + run.device +
      "): " + std::to_string(run.samples) + " images, " + counted(run.epochs, "epoch") + " of " +
      counted(run.steps_per_epoch, "step") + ", batch " + std::to_string(run.batch_size);
  if (run.first_step > 0) text += ", from step " + std::to_string(run.first_step);
  return text;
}

std::string describe(const EvalEvent& eval) {
  std::string text = eval.name;
  for (const NamedValue& value : eval.values)
    text += "  " + value.name + " " + short_number(value.value);
  text += "  (epoch " + std::to_string(eval.epoch);
  return text + (eval.protocol.empty() ? ")" : "; " + eval.protocol + ")");
}

std::string describe(const EndEvent& end) {
  std::string text = to_string(end.reason) + " after " + std::to_string(end.step) +
                     (end.step == 1 ? " step, " : " steps, ") + duration(end.seconds);
  return end.message.empty() ? text : text + ": " + end.message;
}

void add(Seconds& sum, const Seconds& more) {
  sum.data += more.data;
  sum.forward += more.forward;
  sum.backward += more.backward;
  sum.optimizer += more.optimizer;
  sum.health += more.health;
  sum.probe += more.probe;
  sum.total += more.total;
}

}  // namespace

ProgressStyle progress_style(int descriptor, bool quiet) {
  ProgressStyle style;
  style.quiet = quiet;
  style.terminal = ::isatty(descriptor) == 1 && environment("TERM") != "dumb";
  style.color = style.terminal && environment("NO_COLOR").empty();
  winsize size{};
  if (style.terminal && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    style.columns = size.ws_col;
  return style;
}

Clock steady_clock() {
  return [] {
    using std::chrono::steady_clock;
    return std::chrono::duration<double>(steady_clock::now().time_since_epoch()).count();
  };
}

Progress::Progress(std::ostream& out, ProgressStyle style, Clock clock)
    : out_(out), style_(style), clock_(std::move(clock)) {}

void Progress::on_start(const RunInfo& run) {
  const std::lock_guard lock(mutex_);
  run_ = run;
  if (style_.quiet) return;
  print_line(report::describe(run), "");
}

void Progress::on_step(const StepEvent& step) {
  const std::lock_guard lock(mutex_);
  if (style_.quiet) return;
  const double now = clock_();
  add(seconds_, step.seconds);
  images_ += step.images;
  if (first_step_ < 0) first_step_ = step.step, first_time_ = now;
  if (!due(now) && step.step != step.total_steps) return;
  draw(describe(step, now));
  shown_ = true;
  shown_at_ = now;
  seconds_ = {};
  images_ = 0;
}

void Progress::on_evaluation(const EvalEvent& eval) {
  const std::lock_guard lock(mutex_);
  if (!style_.quiet) print_line(report::describe(eval), bold);
}

void Progress::on_end(const EndEvent& end) {
  const std::lock_guard lock(mutex_);
  if (style_.quiet) return;
  if (std::exchange(visible_, false)) out_ << '\n';
  print_line(report::describe(end), "");
}

void Progress::clear() {
  const std::lock_guard lock(mutex_);
  erase();
  out_.flush();
}

bool Progress::due(double now) const {
  return !shown_ || now - shown_at_ >= (style_.terminal ? style_.redraw : style_.interval);
}

double Progress::remaining(const StepEvent& step, double now) const {
  const std::int64_t timed = step.step - first_step_;
  if (timed <= 0) return -1;
  return (now - first_time_) / static_cast<double>(timed) *
         static_cast<double>(step.total_steps - step.step);
}

Progress::Parts Progress::describe(const StepEvent& step, double now) const {
  Parts parts = {{"epoch " + of(step.epoch, run_.epochs)},
                 {"step " + of(step.step, step.total_steps)},
                 {"loss " + short_number(step.loss), bold}};
  if (seconds_.total > 0) {
    const double waiting = seconds_.data / seconds_.total;
    parts.push_back({fixed(static_cast<double>(images_) / seconds_.total, 0) + " images/s"});
    parts.push_back(
        {"data " + fixed(100 * waiting, 0) + "%", waiting >= waiting_much ? yellow : ""});
  }
  if (const double left = remaining(step, now); left >= 0)
    parts.push_back({"ETA " + duration(left)});
  for (const NamedValue& metric : step.metrics)
    parts.push_back({metric.name + " " + short_number(metric.value)});
  return parts;
}

void Progress::draw(const Parts& parts) {
  // A line as wide as the terminal would wrap on some.
  std::size_t room =
      style_.terminal ? std::max<std::size_t>(style_.columns, 2) - 1 : std::string::npos;
  std::string line;
  for (const Part& part : parts) {
    const std::string text = (&part == &parts.front() ? "" : "  ") + part.text;
    const std::string_view shown = style_.terminal ? cut_text(text, room) : std::string_view(text);
    const bool colored = style_.color && *part.color;
    line += colored ? part.color + std::string(shown) + plain : std::string(shown);
    if (style_.terminal) room -= text_width(shown);
  }
  out_ << (style_.terminal ? erase_line : "") << line << (style_.terminal ? "" : "\n");
  out_.flush();
  visible_ = style_.terminal;
}

void Progress::print_line(const std::string& text, const char* color) {
  erase();
  const bool colored = style_.color && *color;
  out_ << (colored ? color : "") << text << (colored ? plain : "") << '\n';
  out_.flush();
}

void Progress::erase() {
  if (std::exchange(visible_, false)) out_ << erase_line;
}

}  // namespace tandem::report
