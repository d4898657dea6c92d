#include "range.hpp"

#include "tandem/base/error.hpp"

namespace tandem::image {

Range Range::checked(const std::string& op, const std::string& name, const Numbers& ends) {
  if (ends[0] > ends[1]) {
    throw Error(ErrorKind::config,
                op + ": " + name + " = " + to_toml(ends) + " must be [low, high], low first");
  }
  return {ends[0], ends[1]};
}

}  // namespace tandem::image
