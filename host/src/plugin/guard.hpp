#pragma once

#include "plugin/catalog.hpp"
#include "tandem/base/error.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tandem::plugin {

/// Turns the exception that is being handled into the host's Error: one of the host's own passes
/// unchanged, memory that ran out becomes kind `resource`, anything else kind `plugin` with plugin,
/// file, stage and the cause's first line.
[[noreturn]] void rethrow_as_error(const Origin& origin, std::string_view stage);
/// The same for code of several plugins at once, or, as `kind` usage, of the caller's: `where` says
/// whose and which.
[[noreturn]] void rethrow_as_error(const std::string& where, ErrorKind kind = ErrorKind::plugin);

/// Calls a plugin's code; see `rethrow_as_error`. `stage` says what it was doing ("loss",
/// "construction").
template <class Call>
decltype(auto) guarded(const Origin& origin, std::string_view stage, Call&& call) {
  try {
    return std::forward<Call>(call)();
  } catch (...) {
    rethrow_as_error(origin, stage);
  }
}

/// Makes something with a plugin's factory; guarded, and what must not be null is not.
template <class Create>
auto guarded_construction(const Origin& origin, Create&& create) {
  return guarded(origin, "construction", [&] {
    auto made = create();
    if (!made) throw std::runtime_error("the factory made nothing");
    return made;
  });
}

}  // namespace tandem::plugin
