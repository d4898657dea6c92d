#pragma once

#include "cli/console_log.hpp"
#include "report/progress.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>

namespace tandem::cli {

/// How far long work is that is not training: "embed: 512 of 60000, 0:42 left", on one line of a
/// terminal, else a line each ten seconds.
class CountProgress {
 public:
  /// `out` must outlive this.
  CountProgress(std::ostream& out, report::ProgressStyle style,
                report::Clock clock = report::steady_clock());
  ~CountProgress() { clear(); }
  CountProgress(const CountProgress&) = delete;
  CountProgress& operator=(const CountProgress&) = delete;

  void show(const std::string& what, std::int64_t done, std::int64_t of);
  /// Takes the line off the terminal.
  void clear();

 private:
  std::ostream& out_;
  report::ProgressStyle style_;
  report::Clock clock_;
  std::string what_;
  std::int64_t first_ = 0;  // done when `what_` began
  double began_ = 0, shown_ = 0;
  bool visible_ = false;
};

}  // namespace tandem::cli
