#pragma once

#include <functional>
#include <vector>

namespace tandem::bench {

/// Runs `measure` in `count` forks of this process at once and returns what each gave. A fork calls
/// `ready` when it has warmed up, which returns when all have; one alone need not. Throws Error
/// with the reason where one failed; where one ends before it is ready, the others are ended then.
/// The calling process must have no threads of its own at work.
std::vector<double> side_by_side(
    int count, const std::function<double(const std::function<void()>& ready)>& measure);

}  // namespace tandem::bench
