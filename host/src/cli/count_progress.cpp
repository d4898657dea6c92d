#include "cli/count_progress.hpp"

#include "report/text.hpp"
#include "tandem/base/log.hpp"

#include <ostream>
#include <utility>

namespace tandem::cli {

CountProgress::CountProgress(std::ostream& out, report::ProgressStyle style, report::Clock clock)
    : out_(out), style_(style), clock_(std::move(clock)) {}

void CountProgress::show(const std::string& what, std::int64_t done, std::int64_t of) {
  if (style_.quiet) return;
  const double now = clock_();
  if (what != what_ || done <= first_) {  // other work, or the same anew
    what_ = what;
    first_ = done;
    began_ = shown_ = now;
  }
  if (now - shown_ < (style_.terminal ? style_.redraw : style_.interval)) return;
  shown_ = now;
  std::string text = Log::join(what, " ", done, " of ", of);
  if (done > first_) {
    const double each = (now - began_) / static_cast<double>(done - first_);
    text += ", " + report::duration(each * static_cast<double>(of - done)) + " left";
  }
  clear();
  visible_ = style_.terminal;
  out_ << report::cut_text(text, style_.columns - 1) << (visible_ ? "" : "\n") << std::flush;
}

void CountProgress::clear() {
  if (std::exchange(visible_, false)) out_ << "\r\x1b[K" << std::flush;
}

}  // namespace tandem::cli
