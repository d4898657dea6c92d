#pragma once

#include "tandem/base/export.hpp"

#include <stdexcept>
#include <string>

namespace tandem {

/// What an error is about; the program's exit code follows from it.
enum class ErrorKind {
  internal = 1,    ///< a fault of Tandem's own
  usage = 2,       ///< a wrong command line
  config = 3,      ///< a wrong configuration
  data = 4,        ///< images or folders that cannot be read
  plugin = 5,      ///< a plugin that cannot be loaded, or that failed
  checkpoint = 6,  ///< weights or checkpoints that cannot be used
  guard = 7,       ///< training stopped by a guard: a loss that is not finite, a collapse
  resource = 8,    ///< memory or disk ran out
};

/// The one exception type of the host and the SDK. `what()` names the culprit and the remedy, for a
/// person to read. The host passes an Error of its own through plugins unchanged and turns every
/// other exception of a plugin into an Error of kind `plugin`.
class TANDEM_API Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message);
  ~Error() override;
  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace tandem
