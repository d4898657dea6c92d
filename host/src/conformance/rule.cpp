#include "conformance/rule.hpp"

#include "plugin/library.hpp"

namespace tandem::conformance {

const Factory& Subject::factory() const {
  if (!opened_) opened_ = plugin::open_library(file, stamp).at({role, id});
  return *opened_;
}

OwnedSchema Subject::schema() const {
  return {&factory().schema(), Log::join(role_name(role), " '", id, "'")};
}

void Subject::wrong_factory() const {
  throw Violation(Log::join("'", id, "' is registered as ", role_name(role),
                            ", but its factory makes something else"));
}

std::string full_name(const Rule& rule) {
  return std::string(rule.group) + "." + rule.name;
}

}  // namespace tandem::conformance
