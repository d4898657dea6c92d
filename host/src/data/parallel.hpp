#pragma once

#include <cstdint>
#include <functional>

namespace tandem::data {

/// Calls `body(i)` for i = 0 … count - 1, in the calling thread and `helpers` more. Throws the
/// error of the lowest i that failed, after all threads have stopped.
void for_each(std::int64_t count, int helpers, const std::function<void(std::int64_t)>& body);

}  // namespace tandem::data
