#pragma once

#include <chrono>

namespace tandem::bench {

/// Seconds since it was made.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// How long measurements last.
struct Effort {
  double seconds = 0.5;  ///< of one side in one round
  int rounds = 5;        ///< in which all sides take turns
};

}  // namespace tandem::bench
