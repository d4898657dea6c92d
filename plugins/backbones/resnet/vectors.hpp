#pragma once

#include <cstddef>

/// What the loops of convolutions share. For source files that are compiled for one instruction set
/// alone: nothing here needs LibTorch or the standard library's functions, since what the linker
/// merges must suit every processor.
namespace resnet {

using Size = std::ptrdiff_t;

/// Channels come in groups of so many.
inline constexpr Size channel_group = 16;

// Values of one array stay in registers only where every loop over it is unrolled.
#ifdef __clang__
#define TANDEM_UNROLL _Pragma("unroll")
#else
#define TANDEM_UNROLL _Pragma("GCC unroll 64")
#endif

namespace {

[[maybe_unused]] Size smaller(Size a, Size b) {
  return a < b ? a : b;
}

/// Vectors of `Width` floats; products are summed for `Rows` rows at once.
template <int Width, int Rows>
struct Vectors {
  static constexpr int width = Width;
  static constexpr int rows = Rows;
  static constexpr int count = channel_group / Width;  ///< in a group of channels
  typedef float V __attribute__((vector_size(4 * Width)));
  typedef float Unaligned __attribute__((vector_size(4 * Width), aligned(4), may_alias));

  static V load(const float* p) { return *reinterpret_cast<const Unaligned*>(p); }
  static void store(float* p, V v) { *reinterpret_cast<Unaligned*>(p) = v; }
  static V all(float x) { return x - V{}; }  // x + 0 would cost an addition, for the sake of -0
};

}  // namespace
}  // namespace resnet
