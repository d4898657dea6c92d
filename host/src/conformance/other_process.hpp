#pragma once

#include <functional>
#include <string>

namespace tandem::conformance {

/// Runs `body` in a fork of this process, which must have run nothing parallel, and returns what it
/// returned. The fork dies with this process. Throws Violation where it ends without an answer or
/// `body` throws.
std::string in_other_process(const std::function<std::string()>& body);

/// Returns at the start of the wall clock's next second, with another state of C's `rand`: who
/// draws from either gets something else from now on.
void change_clock_and_rand();

}  // namespace tandem::conformance
