#include "report/observer.hpp"

namespace tandem::report {

std::string to_string(EndReason reason) {
  switch (reason) {
    case EndReason::finished:
      return "finished";
    case EndReason::interrupted:
      return "interrupted";
    case EndReason::failed:
      return "failed";
  }
  return "unknown";
}

}  // namespace tandem::report
