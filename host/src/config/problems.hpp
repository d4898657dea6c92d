#pragma once

#include "config/origin.hpp"
#include "tandem/base/error.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tandem::config {

/// Collects what is wrong with a configuration, to report all of it at once.
class Problems {
 public:
  /// `nowhere` is told for problems that have no place.
  explicit Problems(Origin nowhere);
  /// The same for a text without positions, by its name.
  explicit Problems(std::string document);

  void add(const Origin& origin, std::string text, std::string hint = "",
           ErrorKind kind = ErrorKind::config);
  /// Throws one Error with every problem, in the order of files and places; what has no place comes
  /// last.
  void throw_if_any();

 private:
  struct Problem {
    Origin origin;
    std::string text;
    std::string hint;
    ErrorKind kind;
  };
  ErrorKind common_kind() const;

  Origin nowhere_;
  std::vector<Problem> list_;
};

}  // namespace tandem::config
