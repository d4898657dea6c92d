#include "tandem/base/error.hpp"

namespace tandem {

Error::Error(ErrorKind kind, const std::string& message)
    : std::runtime_error(message), kind_(kind) {}
Error::~Error() = default;

}  // namespace tandem
