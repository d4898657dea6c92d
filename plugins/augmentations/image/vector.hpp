#pragma once

/// TANDEM_VECTOR before a function's definition has it compiled for several instruction sets, of
/// which the loader picks the best that the processor has. What it calls must be inline to profit.
/// Floating-point results are the same in each: this folder is compiled without contraction of a·b
/// + c.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define TANDEM_VECTOR \
  __attribute__((flatten, target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define TANDEM_VECTOR
#endif
