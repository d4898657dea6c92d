#include "planes.hpp"

#include "vector.hpp"

#include <cstring>

#ifdef TANDEM_VECTOR_X86
#include <immintrin.h>
#endif

namespace tandem::image {
namespace {

/// From pixel `begin` on.
template <class T>
void load_rest(Planes& planes, const T* pixels, std::size_t begin, std::size_t count) {
  for (std::size_t i = begin; i < count; ++i) {
    planes.r[i] = static_cast<float>(pixels[3 * i]);
    planes.g[i] = static_cast<float>(pixels[3 * i + 1]);
    planes.b[i] = static_cast<float>(pixels[3 * i + 2]);
  }
}

template <class T>
void store_rest(const Planes& planes, T* pixels, std::size_t begin, std::size_t count) {
  for (std::size_t i = begin; i < count; ++i) {
    pixels[3 * i] = static_cast<T>(planes.r[i]);
    pixels[3 * i + 1] = static_cast<T>(planes.g[i]);
    pixels[3 * i + 2] = static_cast<T>(planes.b[i]);
  }
}

#ifdef TANDEM_VECTOR_X86

/// Four pixels of 12 bytes as four words of 4, whose highest byte is 0, and back.
#define TANDEM_SPREAD 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1
#define TANDEM_SPREAD_LATE 4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, -1
#define TANDEM_PACK 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1

/// Eight pixels at a time; returns how many.
TANDEM_V3 std::size_t load_v3(Planes& planes, const std::uint8_t* pixels, std::size_t count) {
  const __m256i spread = _mm256_setr_epi8(TANDEM_SPREAD, TANDEM_SPREAD_LATE);
  const __m256i byte = _mm256_set1_epi32(255);
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const std::uint8_t* at = pixels + 3 * i;
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 8));
    const __m256i rgb = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), spread);
    const __m256i g = _mm256_and_si256(_mm256_srli_epi32(rgb, 8), byte);
    _mm256_store_ps(planes.r + i, _mm256_cvtepi32_ps(_mm256_and_si256(rgb, byte)));
    _mm256_store_ps(planes.g + i, _mm256_cvtepi32_ps(g));
    _mm256_store_ps(planes.b + i, _mm256_cvtepi32_ps(_mm256_srli_epi32(rgb, 16)));
  }
  return i;
}

TANDEM_V3 std::size_t store_v3(const Planes& planes, std::uint8_t* pixels, std::size_t count) {
  const __m256i pack = _mm256_setr_epi8(TANDEM_PACK, TANDEM_PACK);
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256i r = _mm256_cvttps_epi32(_mm256_load_ps(planes.r + i));
    const __m256i g = _mm256_cvttps_epi32(_mm256_load_ps(planes.g + i));
    const __m256i b = _mm256_cvttps_epi32(_mm256_load_ps(planes.b + i));
    const __m256i gb = _mm256_or_si256(_mm256_slli_epi32(g, 8), _mm256_slli_epi32(b, 16));
    const __m256i rgb = _mm256_shuffle_epi8(_mm256_or_si256(r, gb), pack);
    const __m128i high = _mm256_extracti128_si256(rgb, 1);
    std::uint8_t* at = pixels + 3 * i;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(at), _mm256_castsi256_si128(rgb));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(at + 12), high);
    const int last = _mm_extract_epi32(high, 2);
    std::memcpy(at + 20, &last, sizeof last);
  }
  return i;
}

/// Sixteen at a time.
TANDEM_V4 std::size_t load_v4(Planes& planes, const std::uint8_t* pixels, std::size_t count) {
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 9, 10, 11, 0);
  const __m512i spread = _mm512_broadcast_i32x4(_mm_setr_epi8(TANDEM_SPREAD));
  const __m512i byte = _mm512_set1_epi32(255);
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m512i bytes = _mm512_maskz_loadu_epi32(0xfff, pixels + 3 * i);
    const __m512i rgb = _mm512_shuffle_epi8(_mm512_permutexvar_epi32(lanes, bytes), spread);
    const __m512i g = _mm512_and_si512(_mm512_srli_epi32(rgb, 8), byte);
    _mm512_store_ps(planes.r + i, _mm512_cvtepi32_ps(_mm512_and_si512(rgb, byte)));
    _mm512_store_ps(planes.g + i, _mm512_cvtepi32_ps(g));
    _mm512_store_ps(planes.b + i, _mm512_cvtepi32_ps(_mm512_srli_epi32(rgb, 16)));
  }
  return i;
}

TANDEM_V4 std::size_t store_v4(const Planes& planes, std::uint8_t* pixels, std::size_t count) {
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0, 0, 0, 0);
  const __m512i pack = _mm512_broadcast_i32x4(_mm_setr_epi8(TANDEM_PACK));
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m512i r = _mm512_cvttps_epi32(_mm512_load_ps(planes.r + i));
    const __m512i g = _mm512_cvttps_epi32(_mm512_load_ps(planes.g + i));
    const __m512i b = _mm512_cvttps_epi32(_mm512_load_ps(planes.b + i));
    const __m512i gb = _mm512_or_si512(_mm512_slli_epi32(g, 8), _mm512_slli_epi32(b, 16));
    const __m512i rgb = _mm512_shuffle_epi8(_mm512_or_si512(r, gb), pack);
    _mm512_mask_storeu_epi32(pixels + 3 * i, 0xfff, _mm512_permutexvar_epi32(lanes, rgb));
  }
  return i;
}

#undef TANDEM_SPREAD
#undef TANDEM_SPREAD_LATE
#undef TANDEM_PACK

std::size_t load_some(Planes& planes, const std::uint8_t* pixels, std::size_t count) {
  if (vector_level() == 4) return load_v4(planes, pixels, count);
  if (vector_level() == 3) return load_v3(planes, pixels, count);
  return 0;
}
std::size_t store_some(const Planes& planes, std::uint8_t* pixels, std::size_t count) {
  if (vector_level() == 4) return store_v4(planes, pixels, count);
  if (vector_level() == 3) return store_v3(planes, pixels, count);
  return 0;
}

#else

std::size_t load_some(Planes&, const std::uint8_t*, std::size_t) {
  return 0;
}
std::size_t store_some(const Planes&, std::uint8_t*, std::size_t) {
  return 0;
}

#endif

double sum_by_lanes(const float* values, std::size_t count) {
  constexpr std::size_t lanes = 16;
  float sums[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += values[i + lane];
  double sum = 0;
  for (; i < count; ++i) sum += static_cast<double>(values[i]);
  for (const float part : sums) sum += static_cast<double>(part);
  return sum;
}

}  // namespace

double sum_of(const float* values, std::size_t count) {
  return vectorised<sum_by_lanes>(values, count);
}

void Planes::load(const std::uint8_t* pixels, std::size_t count) {
  load_rest(*this, pixels, load_some(*this, pixels, count), count);
}
void Planes::load(const float* pixels, std::size_t count) {
  load_rest(*this, pixels, 0, count);
}
void Planes::store(std::uint8_t* pixels, std::size_t count) const {
  store_rest(*this, pixels, store_some(*this, pixels, count), count);
}
void Planes::store(float* pixels, std::size_t count) const {
  store_rest(*this, pixels, 0, count);
}

}  // namespace tandem::image
