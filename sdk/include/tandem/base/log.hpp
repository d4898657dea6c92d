#pragma once

#include "tandem/base/export.hpp"

#include <sstream>
#include <string>
#include <string_view>

namespace tandem {

enum class LogLevel { debug, info, warning, error };

/// Where messages go. The host lends one to every plugin; a plugin never opens a sink of its own.
/// [any thread]
class TANDEM_API Log {
 public:
  virtual ~Log();
  /// Writes one message, without a line end.
  virtual void write(LogLevel level, std::string_view message) = 0;

  template <class... Parts>
  void info(const Parts&... parts) {
    write(LogLevel::info, join(parts...));
  }
  template <class... Parts>
  void warn(const Parts&... parts) {
    write(LogLevel::warning, join(parts...));
  }

  /// The parts printed one after another, as `operator<<` prints them.
  template <class... Parts>
  static std::string join(const Parts&... parts) {
    std::ostringstream out;
    (out << ... << parts);
    return out.str();
  }
};

/// A log that keeps nothing, for tests and for embedders who want silence.
TANDEM_API Log& null_log();

}  // namespace tandem
