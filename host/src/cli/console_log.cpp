#include "cli/console_log.hpp"

#include "config/origin.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <cstdlib>

namespace tandem::cli {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

spdlog::color_mode color_mode() {
  const char* none = std::getenv("NO_COLOR");
  return none != nullptr && *none != '\0' ? spdlog::color_mode::never
                                          : spdlog::color_mode::automatic;
}

}  // namespace

ConsoleLog::ConsoleLog(bool verbose, bool quiet) {
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(color_mode());
  logger_ = std::make_shared<spdlog::logger>("tandem", std::move(sink));
  logger_->set_pattern("%^%l%$: %v");
  logger_->set_level(verbose ? spdlog::level::debug
                     : quiet ? spdlog::level::warn
                             : spdlog::level::info);
}

void ConsoleLog::write(LogLevel level, std::string_view message) {
  if (progress_ != nullptr) progress_->clear();
  // Names of files and of what they hold come in here too, which must not steer a terminal.
  logger_->log(to_spdlog(level), "{}", config::printable_lines(message));
}

}  // namespace tandem::cli
