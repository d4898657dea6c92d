#pragma once

#include <functional>
#include <string>

namespace tandem::conformance {

/// Whether `bits` gives the same in a fork of this process, which must have run nothing parallel,
/// and then here, in another second of the wall clock and with another state of C's `rand`: who
/// draws from either gives something else. Throws Violation where the fork ends without an answer.
bool same_in_other_process(const std::function<std::string()>& bits);

}  // namespace tandem::conformance
