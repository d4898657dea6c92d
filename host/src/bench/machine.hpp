#pragma once

#include <string>

namespace tandem::bench {

/// The processor's name.
std::string processor();
/// The best of the instruction sets that loops over pixels are compiled for: "AVX-512"
/// (x86-64-v4), "AVX2" (x86-64-v3) or "baseline".
std::string instruction_set();
/// Processes that want a processor, over the last minute: a loaded machine measures badly.
double load();

}  // namespace tandem::bench
