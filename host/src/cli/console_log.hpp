#pragma once

#include "report/progress.hpp"
#include "tandem/base/log.hpp"

#include <memory>

namespace spdlog {
class logger;
}

namespace tandem::cli {

/// Messages on stderr, with a colour where that is a terminal. Takes a progress line away before it
/// writes.
class ConsoleLog final : public Log {
 public:
  ConsoleLog(bool verbose, bool quiet);
  void write(LogLevel level, std::string_view message) override;
  /// `progress` may be null and must outlive its use here.
  void keep_clear_of(report::Progress* progress) { progress_ = progress; }

 private:
  std::shared_ptr<spdlog::logger> logger_;
  report::Progress* progress_ = nullptr;
};

}  // namespace tandem::cli
