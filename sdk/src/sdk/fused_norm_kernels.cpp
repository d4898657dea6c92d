#include "fused_norm_kernels.hpp"

#include <c10/util/BFloat16.h>

#include <algorithm>
#include <bit>
#include <type_traits>

// Each loop is compiled twice, once for processors with AVX2, by a function that it is inlined
// into: target_clones would have it done by the loader, in code that runs before a sanitizer is
// ready.
#define TANDEM_INLINE inline __attribute__((always_inline))
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define TANDEM_V3 __attribute__((target("arch=x86-64-v3")))
#endif

namespace tandem::fused {
namespace {

// Rows whose sums are kept in float, before they are added up in double.
constexpr std::int64_t run = 64;
// Channels whose sums are kept on the stack.
constexpr std::int64_t most = 512;
constexpr std::int64_t wide = 128;

TANDEM_INLINE float wide_of(float value) {
  return value;
}
TANDEM_INLINE float wide_of(c10::BFloat16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.x) << 16U);
}
template <class T>
TANDEM_INLINE T narrow_of(float value) {
  if constexpr (std::is_same_v<T, float>) {
    return value;
  } else {
    // To the nearest, ties to even; without a branch, which is what vector code needs.
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = (bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U;
    const std::uint32_t kept = value != value ? 0x7fc0U : rounded;
    return T(static_cast<std::uint16_t>(kept), T::from_bits());
  }
}

/// What a sum reads of memory; `second` may be null.
template <class T>
struct Reads {
  const T *first, *second;
};

/// Fetches `count` numbers beforehand: where rows are wide, the processor (Zen 3) waits for sums of
/// the row before and looks too little ahead on its own, at half the speed.
template <class T>
TANDEM_INLINE void fetch(Reads<T> reads, std::int64_t at, std::int64_t count) {
  constexpr std::int64_t line = 64 / sizeof(T), ahead = 256;
  for (std::int64_t i = at + ahead; i < at + ahead + count; i += line) {
    __builtin_prefetch(reads.first + i);
    if (reads.second != nullptr) __builtin_prefetch(reads.second + i);
  }
}

/// Of the rows from `begin` to `end`, by each element's place and channel: adds to two sums, for
/// `width` channels from `channel` on. Row by row, as memory is read fastest.
template <class T, class Add>
TANDEM_INLINE void sum_run(std::int64_t begin, std::int64_t end, std::int64_t channels,
                           std::int64_t channel, std::int64_t width, Reads<T> reads, Sums sums,
                           const Add& add) {
  float first[most], second[most];
  std::fill_n(first, width, 0.0F);
  std::fill_n(second, width, 0.0F);
  for (std::int64_t row = begin; row < end; ++row) {
    if (width >= wide) fetch(reads, row * channels + channel, width);
    for (std::int64_t c = 0; c < width; ++c)
      add(row * channels + channel + c, channel + c, first[c], second[c]);
  }
  for (std::int64_t c = 0; c < width; ++c) {
    sums.first[channel + c] += static_cast<double>(first[c]);
    sums.second[channel + c] += static_cast<double>(second[c]);
  }
}

template <class T, class Add>
TANDEM_INLINE void sum(Block block, Reads<T> reads, Sums sums, const Add& add) {
  std::fill_n(sums.first, block.channels, 0.0);
  std::fill_n(sums.second, block.channels, 0.0);
  for (std::int64_t row = 0; row < block.rows; row += run) {
    const std::int64_t end = std::min(row + run, block.rows);
    for (std::int64_t c = 0; c < block.channels; c += most)
      sum_run(row, end, block.channels, c, std::min(most, block.channels - c), reads, sums, add);
  }
}

/// About the first row, since squares of what lies far from 0 say little about how far apart it is.
template <class T>
TANDEM_INLINE void moments_inline(const T* __restrict x, Block block, Sums sums) {
  sum(block, Reads<T>{x, nullptr}, sums,
      [x](std::int64_t at, std::int64_t channel, float& first, float& second) {
        const float d = wide_of(x[at]) - wide_of(x[channel]);
        first += d;
        second += d * d;
      });
  for (std::int64_t c = 0; c < block.channels; ++c) {
    const double mean = sums.first[c] / static_cast<double>(block.rows);
    sums.second[c] = std::max(0.0, sums.second[c] - mean * sums.first[c]);
    sums.first[c] = mean + static_cast<double>(wide_of(x[c]));
  }
}

/// A NaN stays one.
TANDEM_INLINE float relu(float value) {
  return 0 > value ? 0 : value;
}

TANDEM_INLINE float masked(float dy, float y) {
  return y <= 0 ? 0 : dy;
}

template <class T>
TANDEM_INLINE void normalise_inline(const T* __restrict x, const T* __restrict residual,
                                    T* __restrict y, Block block, Affine affine) {
  const float *__restrict mean = affine.mean, *__restrict scale = affine.scale,
                          *__restrict bias = affine.bias;
  for (std::int64_t row = 0; row < block.rows; ++row) {
    if (residual == nullptr) {
      for (std::int64_t c = 0; c < block.channels; ++c)
        y[c] = narrow_of<T>(relu((wide_of(x[c]) - mean[c]) * scale[c] + bias[c]));
    } else {
      for (std::int64_t c = 0; c < block.channels; ++c)
        y[c] = narrow_of<T>(
            relu((wide_of(x[c]) - mean[c]) * scale[c] + bias[c] + wide_of(residual[c])));
      residual += block.channels;
    }
    x += block.channels;
    y += block.channels;
  }
}

template <class T>
TANDEM_INLINE void masked_sums_inline(const T* __restrict x, const T* __restrict dy, Block block,
                                      Affine affine, Sums sums) {
  sum(block, Reads<T>{x, dy}, sums,
      [=](std::int64_t at, std::int64_t c, float& first, float& second) {
        const float d = wide_of(x[at]) - affine.mean[c];
        const float g = masked(wide_of(dy[at]), d * affine.scale[c] + affine.bias[c]);
        first += g;
        second += g * d;
      });
}

/// g first, which is in the cache when it is added up.
template <class T>
TANDEM_INLINE void masking_sums_inline(const T* __restrict x, const T* __restrict y,
                                       const T* __restrict dy, T* __restrict g, Block block,
                                       const float* __restrict mean, Sums sums) {
  const std::int64_t count = block.rows * block.channels;
  for (std::int64_t i = 0; i < count; ++i)
    g[i] = narrow_of<T>(masked(wide_of(dy[i]), wide_of(y[i])));
  const T* const known = g;
  sum(block, Reads<T>{known, x}, sums,
      [=](std::int64_t at, std::int64_t c, float& first, float& second) {
        first += wide_of(known[at]);
        second += wide_of(known[at]) * (wide_of(x[at]) - mean[c]);
      });
}

template <bool mask, class T>
TANDEM_INLINE void input_inline(const T* __restrict x, const T* __restrict dy, T* __restrict dx,
                                Block block, Affine affine, Correction correction) {
  const float *__restrict mean = affine.mean, *__restrict scale = affine.scale,
                          *__restrict bias = affine.bias,
                          *__restrict constant = correction.constant,
                          *__restrict slope = correction.slope;
  for (std::int64_t row = 0; row < block.rows; ++row) {
    for (std::int64_t c = 0; c < block.channels; ++c) {
      const float d = wide_of(x[c]) - mean[c], up = wide_of(dy[c]);
      const float g = mask ? masked(up, d * scale[c] + bias[c]) : up;
      dx[c] = narrow_of<T>(g * scale[c] - (constant[c] + slope[c] * d));
    }
    x += block.channels;
    dy += block.channels;
    dx += block.channels;
  }
}

#ifdef TANDEM_V3
bool has_v3() {
  static const bool has = __builtin_cpu_supports("x86-64-v3");
  return has;
}

template <class T>
TANDEM_V3 void moments_v3(const T* x, Block block, Sums sums) {
  moments_inline(x, block, sums);
}
template <class T>
TANDEM_V3 void normalise_v3(const T* x, const T* residual, T* y, Block block, Affine affine) {
  normalise_inline(x, residual, y, block, affine);
}
template <class T>
TANDEM_V3 void masked_sums_v3(const T* x, const T* dy, Block block, Affine affine, Sums sums) {
  masked_sums_inline(x, dy, block, affine, sums);
}
template <class T>
TANDEM_V3 void masking_sums_v3(const T* x, const T* y, const T* dy, T* g, Block block,
                               const float* mean, Sums sums) {
  masking_sums_inline(x, y, dy, g, block, mean, sums);
}
template <bool mask, class T>
TANDEM_V3 void input_v3(const T* x, const T* dy, T* dx, Block block, Affine affine,
                        Correction correction) {
  input_inline<mask>(x, dy, dx, block, affine, correction);
}
#define TANDEM_TRY_V3(call) \
  if (has_v3()) return call
#else
#define TANDEM_TRY_V3(call) static_cast<void>(0)
#endif

}  // namespace

template <class T>
void moments(const T* x, Block block, Sums sums) {
  TANDEM_TRY_V3(moments_v3(x, block, sums));
  moments_inline(x, block, sums);
}

template <class T>
void normalise(const T* x, const T* residual, T* y, Block block, Affine affine) {
  TANDEM_TRY_V3(normalise_v3(x, residual, y, block, affine));
  normalise_inline(x, residual, y, block, affine);
}

template <class T>
void masked_sums(const T* x, const T* dy, Block block, Affine affine, Sums sums) {
  TANDEM_TRY_V3(masked_sums_v3(x, dy, block, affine, sums));
  masked_sums_inline(x, dy, block, affine, sums);
}

template <class T>
void masking_sums(const T* x, const T* y, const T* dy, T* g, Block block, const float* mean,
                  Sums sums) {
  TANDEM_TRY_V3(masking_sums_v3(x, y, dy, g, block, mean, sums));
  masking_sums_inline(x, y, dy, g, block, mean, sums);
}

template <class T>
void masked_input(const T* x, const T* dy, T* dx, Block block, Affine affine,
                  Correction correction) {
  TANDEM_TRY_V3(input_v3<true>(x, dy, dx, block, affine, correction));
  input_inline<true>(x, dy, dx, block, affine, correction);
}

template <class T>
void input(const T* x, const T* g, T* dx, Block block, Affine affine, Correction correction) {
  TANDEM_TRY_V3(input_v3<false>(x, g, dx, block, affine, correction));
  input_inline<false>(x, g, dx, block, affine, correction);
}

#define TANDEM_FOR(T)                                                                      \
  template void moments(const T*, Block, Sums);                                            \
  template void normalise(const T*, const T*, T*, Block, Affine);                          \
  template void masked_sums(const T*, const T*, Block, Affine, Sums);                      \
  template void masking_sums(const T*, const T*, const T*, T*, Block, const float*, Sums); \
  template void masked_input(const T*, const T*, T*, Block, Affine, Correction);           \
  template void input(const T*, const T*, T*, Block, Affine, Correction)
TANDEM_FOR(float);
TANDEM_FOR(c10::BFloat16);

}  // namespace tandem::fused
