#pragma once

#include "tandem/base/log.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace tandem::plugin {

/// Collects lines of "what: found A, expected B; remedy".
class Mismatches {
 public:
  template <class T, class U>
  void compare(std::string_view what, const T& found, const U& expected, std::string_view remedy) {
    if (found != expected) add(what, found, expected, remedy);
  }
  template <class T, class U>
  void add(std::string_view what, const T& found, const U& expected, std::string_view remedy) {
    if (!lines_.empty()) lines_ += '\n';
    lines_ += Log::join("  ", what, ": found ", found, ", expected ", expected, "; ", remedy);
  }
  /// All lines, without a line end behind the last.
  std::string take() { return std::move(lines_); }

 private:
  std::string lines_;
};

}  // namespace tandem::plugin
