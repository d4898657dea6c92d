#include "resample_bytes.hpp"

#include "taps.hpp"
#include "vector.hpp"
#include "weigh.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#ifdef TANDEM_VECTOR_X86
#include <immintrin.h>
#endif

namespace tandem::image {
namespace {

/// Rows, or columns, that are worked on together.
constexpr std::size_t band = values_together;

using Bytes __attribute__((vector_size(band))) = std::uint8_t;

constexpr std::size_t whole_bands(std::size_t count) {
  return (count + band - 1) / band * band;
}

/// 16 × 16 bytes: four times, the first half of the lines is interleaved with the second.
void transpose(const std::uint8_t* from, std::size_t from_stride, std::uint8_t* to,
               std::size_t to_stride) {
  Bytes lines[band], mixed[band];
  for (std::size_t i = 0; i < band; ++i)
    std::memcpy(&lines[i], from + i * from_stride, sizeof(Bytes));
  for (int stage = 0; stage < 4; ++stage) {
    for (std::size_t i = 0; i < band / 2; ++i) {
      const Bytes a = lines[i], b = lines[i + band / 2];
      mixed[2 * i] =
          __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      mixed[2 * i + 1] = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29,
                                                 14, 30, 15, 31);
    }
    std::copy_n(mixed, band, lines);
  }
  for (std::size_t i = 0; i < band; ++i) std::memcpy(to + i * to_stride, &lines[i], sizeof(Bytes));
}

#ifdef TANDEM_VECTOR_X86

/// Two blocks in the halves of each vector; the second lies `from_second` and `to_second` behind.
TANDEM_V3 void transpose_two(const std::uint8_t* from, std::size_t from_stride,
                             std::size_t from_second, std::uint8_t* to, std::size_t to_stride,
                             std::size_t to_second) {
  const auto half = [](const std::uint8_t* at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  };
  __m256i lines[band], mixed[band];
  for (std::size_t i = 0; i < band; ++i, from += from_stride)
    lines[i] = _mm256_set_m128i(half(from + from_second), half(from));
  for (int stage = 0; stage < 4; ++stage) {
    for (std::size_t i = 0; i < band / 2; ++i) {
      mixed[2 * i] = _mm256_unpacklo_epi8(lines[i], lines[i + band / 2]);
      mixed[2 * i + 1] = _mm256_unpackhi_epi8(lines[i], lines[i + band / 2]);
    }
    std::copy_n(mixed, band, lines);
  }
  for (std::size_t i = 0; i < band; ++i, to += to_stride) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(lines[i]));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + to_second),
                     _mm256_extracti128_si256(lines[i], 1));
  }
}

#endif

/// `count` blocks, each `from_next` and `to_next` behind the one before.
void transpose_blocks(std::size_t count, const std::uint8_t* from, std::size_t from_stride,
                      std::size_t from_next, std::uint8_t* to, std::size_t to_stride,
                      std::size_t to_next) {
  std::size_t i = 0;
#ifdef TANDEM_VECTOR_X86
  for (; vector_level() >= 3 && i + 2 <= count; i += 2)
    transpose_two(from + i * from_next, from_stride, from_next, to + i * to_next, to_stride,
                  to_next);
#endif
  for (; i < count; ++i)
    vectorised<transpose>(from + i * from_next, from_stride, to + i * to_next, to_stride);
}

/// The box of a picture; a row holds `values`.
struct Part {
  const std::uint8_t* pixels;
  std::size_t stride, rows, values, channels;
};

/// The buffers and weights of one resampling, kept from one to the next.
struct Work {
  Taps<std::int32_t> rows, columns;
  std::vector<std::uint8_t> part;     ///< a copy of a part that is smaller than a band
  std::vector<std::uint8_t> lying;    ///< a band of the part's rows, transposed
  std::vector<std::uint8_t> resized;  ///< the same after the pass along the rows
  std::vector<std::uint8_t> middle;   ///< all rows after it
  std::vector<std::uint8_t> rest;     ///< the result's values that do not fill a band
  std::size_t middle_stride = 0;

  void prepare(const Part& of, std::size_t out_values);
  Part padded(const Part& of);
};

void Work::prepare(const Part& of, std::size_t out_values) {
  middle_stride = whole_bands(out_values);
  lying.resize(of.values * band);
  resized.resize(middle_stride * band);
  middle.resize(of.rows * middle_stride);
  rest.resize(rows.first.size() * band);
}

/// A part of at least a band in both directions.
Part Work::padded(const Part& of) {
  if (of.rows >= band && of.values >= band) return of;
  const Part copy{nullptr, std::max(of.values, band), std::max(of.rows, band),
                  std::max(of.values, band), of.channels};
  part.assign(copy.rows * copy.stride, 0);
  for (std::size_t y = 0; y < of.rows; ++y)
    std::copy_n(of.pixels + y * of.stride, of.values, part.data() + y * copy.stride);
  return {part.data(), copy.stride, copy.rows, copy.values, copy.channels};
}

/// One band of rows, to as many of the middle: transposed, so that the rows lie side by side.
void along_rows(const Part& part, std::size_t top, Work& work) {
  const std::uint8_t* from = part.pixels + top * part.stride;
  constexpr std::size_t block = band * band;
  std::uint8_t* lying = work.lying.data();
  transpose_blocks(part.values / band, from, part.stride, band, lying, band, block);
  if (part.values % band != 0) {
    const std::size_t last = part.values - band;
    vectorised<transpose>(from + last, part.stride, lying + last * band, band);
  }
  const std::size_t line = part.channels * band;
  weigh_lines(lying, line, work.columns, line, work.resized.data(), line);
  std::uint8_t* to = work.middle.data() + top * work.middle_stride;
  transpose_blocks(work.middle_stride / band, work.resized.data(), band, block, to,
                   work.middle_stride, band);
}

void down_columns(std::size_t out_values, Work& work, std::uint8_t* out) {
  const std::size_t whole = out_values / band * band, rest = out_values - whole;
  const std::size_t stride = work.middle_stride;
  weigh_lines(work.middle.data(), stride, work.rows, whole, out, out_values);
  if (rest == 0) return;
  weigh_lines(work.middle.data() + whole, stride, work.rows, band, work.rest.data(), band);
  for (std::size_t y = 0; y < work.rows.first.size(); ++y)
    std::copy_n(work.rest.data() + y * band, rest, out + y * out_values + whole);
}

}  // namespace

void resample_bytes(Image& image, const Box& box, int height, int width, Filter filter) {
  thread_local Work work;
  work.rows.prepare(box.height, height, filter);
  work.columns.prepare(box.width, width, filter);
  const auto channels = static_cast<std::size_t>(image.channels());
  const std::size_t stride = static_cast<std::size_t>(image.width()) * channels;
  const std::uint8_t* pixels = image.u8() + static_cast<std::size_t>(box.top) * stride +
                               static_cast<std::size_t>(box.left) * channels;
  const Part part = work.padded({pixels, stride, static_cast<std::size_t>(box.height),
                                 static_cast<std::size_t>(box.width) * channels, channels});
  const std::size_t out_values = static_cast<std::size_t>(width) * channels;
  work.prepare(part, out_values);
  for (std::size_t top = 0; top < part.rows; top += band)
    along_rows(part, std::min(top, part.rows - band), work);
  down_columns(out_values, work, image.scratch_u8(height, width, image.channels()));
  image.swap();
}

}  // namespace tandem::image
