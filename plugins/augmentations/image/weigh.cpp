#include "weigh.hpp"

#include "vector.hpp"

#include <algorithm>

#ifdef TANDEM_VECTOR_X86
#include <immintrin.h>
#endif

namespace tandem::image {
namespace {

constexpr int bits = 22;
constexpr std::int32_t half = 1 << (bits - 1);

void weigh_portably(const std::uint8_t* lines, std::size_t stride, const Taps<std::int32_t>& taps,
                    std::size_t count, std::uint8_t* out, std::size_t out_stride) {
  const std::int32_t* weights = taps.weights.data();
  for (const std::size_t first : taps.first) {
    for (std::size_t at = 0; at < count; at += values_together) {
      std::int32_t sums[values_together];
      std::fill_n(sums, values_together, half);
      const std::uint8_t* line = lines + first * stride + at;
      for (std::size_t k = 0; k < taps.count; ++k, line += stride) {
        for (std::size_t i = 0; i < values_together; ++i) sums[i] += weights[k] * line[i];
      }
      for (std::size_t i = 0; i < values_together; ++i)
        out[at + i] = static_cast<std::uint8_t>(std::clamp(sums[i] >> bits, 0, 255));
    }
    weights += taps.count;
    out += out_stride;
  }
}

#ifdef TANDEM_VECTOR_X86

/// `Vectors` times eight values at one position.
template <int Vectors>
TANDEM_V3 inline void sum_v3(const std::uint8_t* line, std::size_t stride,
                             const std::int32_t* weights, std::size_t taps, std::uint8_t* out) {
  __m256i sums[Vectors];
  for (auto& sum : sums) sum = _mm256_set1_epi32(half);
  for (std::size_t k = 0; k < taps; ++k, line += stride) {
    const __m256i weight = _mm256_set1_epi32(weights[k]);
    for (int v = 0; v < Vectors; ++v) {
      const auto* bytes = reinterpret_cast<const __m128i*>(line + 8 * v);
      const __m256i values = _mm256_cvtepu8_epi32(_mm_loadl_epi64(bytes));
      sums[v] = _mm256_add_epi32(sums[v], _mm256_mullo_epi32(values, weight));
    }
  }
  for (auto& sum : sums) sum = _mm256_srai_epi32(sum, bits);
  // Packing works within halves, so that four values of every vector follow on each other.
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  for (int v = 0; v < Vectors; v += 4) {
    const bool four = v + 4 <= Vectors;
    const __m256i words = _mm256_packs_epi32(sums[v], sums[v + 1]);
    const __m256i next = four ? _mm256_packs_epi32(sums[v + 2], sums[v + 3]) : words;
    const __m256i sorted = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(words, next), order);
    if (four)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 8 * v), sorted);
    else
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 8 * v), _mm256_castsi256_si128(sorted));
  }
}

TANDEM_V3 void weigh_v3(const std::uint8_t* lines, std::size_t stride,
                        const Taps<std::int32_t>& taps, std::size_t count, std::uint8_t* out,
                        std::size_t out_stride) {
  const std::int32_t* weights = taps.weights.data();
  for (const std::size_t first : taps.first) {
    const std::uint8_t* line = lines + first * stride;
    std::size_t at = 0;
    for (; at + 48 <= count; at += 48) sum_v3<6>(line + at, stride, weights, taps.count, out + at);
    for (; at < count; at += values_together)
      sum_v3<2>(line + at, stride, weights, taps.count, out + at);
    weights += taps.count;
    out += out_stride;
  }
}

/// `Vectors` times sixteen values at one position.
template <int Vectors>
TANDEM_V4 inline void sum_v4(const std::uint8_t* line, std::size_t stride,
                             const std::int32_t* weights, std::size_t taps, std::uint8_t* out) {
  __m512i sums[Vectors];
  for (auto& sum : sums) sum = _mm512_set1_epi32(half);
  for (std::size_t k = 0; k < taps; ++k, line += stride) {
    const __m512i weight = _mm512_set1_epi32(weights[k]);
    for (int v = 0; v < Vectors; ++v) {
      const auto* bytes = reinterpret_cast<const __m128i*>(line + 16 * v);
      const __m512i values = _mm512_cvtepu8_epi32(_mm_loadu_si128(bytes));
      sums[v] = _mm512_add_epi32(sums[v], _mm512_mullo_epi32(values, weight));
    }
  }
  for (int v = 0; v < Vectors; ++v) {
    const __m512i sum = _mm512_max_epi32(_mm512_srai_epi32(sums[v], bits), _mm512_setzero_si512());
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 16 * v), _mm512_cvtusepi32_epi8(sum));
  }
}

TANDEM_V4 void weigh_v4(const std::uint8_t* lines, std::size_t stride,
                        const Taps<std::int32_t>& taps, std::size_t count, std::uint8_t* out,
                        std::size_t out_stride) {
  const std::int32_t* weights = taps.weights.data();
  for (const std::size_t first : taps.first) {
    const std::uint8_t* line = lines + first * stride;
    std::size_t at = 0;
    for (; at + 48 <= count; at += 48) sum_v4<3>(line + at, stride, weights, taps.count, out + at);
    for (; at < count; at += values_together)
      sum_v4<1>(line + at, stride, weights, taps.count, out + at);
    weights += taps.count;
    out += out_stride;
  }
}

#endif

}  // namespace

void weigh_lines(const std::uint8_t* lines, std::size_t stride, const Taps<std::int32_t>& taps,
                 std::size_t count, std::uint8_t* out, std::size_t out_stride) {
#ifdef TANDEM_VECTOR_X86
  if (vector_level() == 4) return weigh_v4(lines, stride, taps, count, out, out_stride);
  if (vector_level() == 3) return weigh_v3(lines, stride, taps, count, out, out_stride);
#endif
  weigh_portably(lines, stride, taps, count, out, out_stride);
}

}  // namespace tandem::image
