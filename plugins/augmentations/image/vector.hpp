#pragma once

#include <algorithm>
#include <cstdlib>

/// A loop over pixels is written once, as an ordinary function, and called as
/// `vectorised<loop>(…)`: it is compiled for several instruction sets, of which the best that the
/// processor has is taken. What it calls must be inline to profit. Floating-point results are the
/// same in each: this folder is compiled without contraction of a·b + c.
///
/// Where the compiler's vectors are poor, functions may be written for a set: TANDEM_V3 or
/// TANDEM_V4 before them, within TANDEM_VECTOR_X86, beside a portable one, and chosen by
/// `vector_level`.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define TANDEM_VECTOR_X86
#define TANDEM_V3 __attribute__((target("arch=x86-64-v3")))
#define TANDEM_V4 __attribute__((target("arch=x86-64-v4")))
#endif

namespace tandem::image {

#ifdef TANDEM_VECTOR_X86

/// The best of the processor's levels x86-64-v3 and -v4 as 3 or 4; 1 where it has neither. The
/// environment's TANDEM_VECTOR_LEVEL lowers it, for tests and to find faults.
inline int vector_level() {
  static const int level = [] {
    const int best = __builtin_cpu_supports("x86-64-v4")   ? 4
                     : __builtin_cpu_supports("x86-64-v3") ? 3
                                                           : 1;
    const char* const most = std::getenv("TANDEM_VECTOR_LEVEL");
    return most == nullptr ? best : std::min(best, std::atoi(most));
  }();
  return level;
}

/// `Loop` inlined into functions for each level. target_clones would do the same, but can't be told
/// to take less than the best, and chooses in code that runs before a sanitizer is ready.
template <auto Loop>
struct Levels;

template <class Result, class... Args, Result (*Loop)(Args...)>
struct Levels<Loop> {
  __attribute__((flatten)) TANDEM_V4 static Result v4(Args... args) { return Loop(args...); }
  __attribute__((flatten)) TANDEM_V3 static Result v3(Args... args) { return Loop(args...); }
  __attribute__((flatten)) static Result v1(Args... args) { return Loop(args...); }

  static Result best(Args... args) {
    if (vector_level() >= 4) return v4(args...);
    if (vector_level() >= 3) return v3(args...);
    return v1(args...);
  }
};

template <auto Loop>
inline constexpr auto vectorised = &Levels<Loop>::best;

#else

template <auto Loop>
inline constexpr auto vectorised = Loop;

#endif

}  // namespace tandem::image
