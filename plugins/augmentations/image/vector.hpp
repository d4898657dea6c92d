#pragma once

/// TANDEM_VECTOR before a function's definition has it compiled for several instruction sets, of
/// which the loader picks the best that the processor has. What it calls must be inline to profit.
/// Floating-point results are the same in each: this folder is compiled without contraction of a·b
/// + c.
///
/// Where the compiler's vectors are poor, functions may be written for a set: TANDEM_V3 or
/// TANDEM_V4 before them, within TANDEM_VECTOR_X86, beside a portable one, and chosen by
/// `vector_level`.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define TANDEM_VECTOR_X86
#define TANDEM_V3 __attribute__((target("arch=x86-64-v3")))
#define TANDEM_V4 __attribute__((target("arch=x86-64-v4")))
#define TANDEM_VECTOR \
  __attribute__((flatten, target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define TANDEM_VECTOR
#endif

namespace tandem::image {

#ifdef TANDEM_VECTOR_X86
/// The best of the processor's levels x86-64-v3 and -v4 as 3 or 4; 1 where it has neither.
inline int vector_level() {
  static const int level = __builtin_cpu_supports("x86-64-v4")   ? 4
                           : __builtin_cpu_supports("x86-64-v3") ? 3
                                                                 : 1;
  return level;
}
#endif

}  // namespace tandem::image
