#pragma once

#include <sys/types.h>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace tandem::conformance {

/// A forked copy of this process that runs one function and is gone. It leads a process group of
/// its own, and dies with its parent. No other thread may run when it is made. [main thread]
class Child {
 public:
  /// Runs `body` in the copy, with signals at their defaults, its output kept, and no input. What
  /// `body` returns, cut to 4000 bytes, is its report; where it throws, there is none.
  explicit Child(const std::function<std::string()>& body);
  /// Kills what is left of it.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// True once it has ended; does not wait.
  bool ended();
  void wait();
  /// True where it ended within that time; waits no longer.
  bool ends_within(std::chrono::milliseconds limit);
  /// Ends it and all that it started.
  void kill();
  /// Readable when it has something to say or has ended.
  int door() const { return report_; }

  /// What `body` returned; nothing where the copy ended before. After its end.
  std::optional<std::string> report();
  /// The last part of what it wrote to stdout and stderr.
  std::string output() const;
  /// As waitpid gives it. After its end.
  int status() const { return status_; }

 private:
  [[noreturn]] void run(const std::function<std::string()>& body, int report) const;

  pid_t id_ = -1;
  int report_ = -1, output_ = -1, status_ = 0;
  bool ended_ = false;
};

/// How a process ended: "SIGSEGV", "exit status 3".
std::string ending(int status);

}  // namespace tandem::conformance
