#include "tandem/base/log.hpp"

namespace tandem {

Log::~Log() = default;

Log& null_log() {
  class NullLog final : public Log {
    void write(LogLevel, std::string_view) override {}
  };
  static NullLog log;
  return log;
}

}  // namespace tandem
