#pragma once

#include "winograd_forms.hpp"
#include "winograd_kernels.hpp"

/// For the one source file of each instruction set, which is compiled for that set alone.
namespace resnet::winograd {
namespace {

/// Where a matrix's element [row, step] is.
struct Strides {
  Size row, step;
};

/// out[r, group] (+)= Σ a[r, i] · b[i, group] for R rows, i in turn.
template <class S, int R, bool Add>
[[gnu::noinline]] void multiply_rows(const float* __restrict a, Strides as,
                                     const float* __restrict b, Size b_step, Size steps,
                                     float* __restrict out, Size out_row) {
  typename S::V sum[R][S::count];
  TANDEM_UNROLL for (int r = 0; r < R; ++r) {
    TANDEM_UNROLL for (int v = 0; v < S::count; ++v) {
      if constexpr (Add)
        sum[r][v] = S::load(out + r * out_row + v * S::width);
      else
        sum[r][v] = typename S::V{};
    }
  }
  for (Size i = 0; i < steps; ++i, a += as.step, b += b_step) {
    typename S::V factor[S::count];
    TANDEM_UNROLL for (int v = 0; v < S::count; ++v) factor[v] = S::load(b + v * S::width);
    TANDEM_UNROLL for (int r = 0; r < R; ++r) {
      const typename S::V x = S::all(a[r * as.row]);
      TANDEM_UNROLL for (int v = 0; v < S::count; ++v) sum[r][v] += x * factor[v];
    }
  }
  TANDEM_UNROLL for (int r = 0; r < R; ++r) {
    TANDEM_UNROLL for (int v = 0; v < S::count; ++v)
        S::store(out + r * out_row + v * S::width, sum[r][v]);
  }
}

/// The same for fewer than R + 1 rows.
template <class S, int R, bool Add>
void multiply_rest(Size rows, const float* a, Strides as, const float* b, Size b_step, Size steps,
                   float* out, Size out_row) {
  if constexpr (R > 0) {
    if (rows == R) return multiply_rows<S, R, Add>(a, as, b, b_step, steps, out, out_row);
    multiply_rest<S, R - 1, Add>(rows, a, as, b, b_step, steps, out, out_row);
  }
}

template <class S, bool Add>
void multiply(Size rows, const float* a, Strides as, const float* b, Size b_step, Size steps,
              float* out, Size out_row) {
  Size r = 0;
  for (; r + S::rows <= rows; r += S::rows)
    multiply_rows<S, S::rows, Add>(a + r * as.row, as, b, b_step, steps, out + r * out_row,
                                   out_row);
  multiply_rest<S, S::rows - 1, Add>(rows - r, a + r * as.row, as, b, b_step, steps,
                                     out + r * out_row, out_row);
}

/// The pixels of a tile's window, which begins `before` its first pixel; `outside` stands for those
/// beyond the map's edge.
template <class Form, int Side, class Float>
void find_window(const Plan& plan, Float* maps, Size channels, Size tile, Size before,
                 Float* outside, Float** pixels) {
  const Size x0 = tile % plan.tiles_across * Form::outputs - before;
  const Size y0 = tile / plan.tiles_across % plan.tiles_down * Form::outputs - before;
  const Size picture = tile / (plan.tiles_across * plan.tiles_down);
  for (Size y = y0; y < y0 + Side; ++y) {
    const bool row_inside = y >= 0 && y < plan.shape.height;
    Float* row = maps + (picture * plan.shape.height + y) * plan.shape.width * channels;
    for (Size x = x0; x < x0 + Side; ++x)
      *pixels++ = row_inside && x >= 0 && x < plan.shape.width ? row + x * channels : outside;
  }
}

// Each transform reads memory column by column and writes it row by row, so that few values beside
// those between the two passes wait for a register.

/// Bᵀ d B of the tile for channels [first, last); the products' places are `apart`.
template <class S, class Form>
void transform_input(const float* const* pixels, Size first, Size last, float* out, Size apart) {
  constexpr int n = Form::points;
  for (Size c = first; c < last; c += S::width, out += S::width) {
    typename S::V b[n * n];
    TANDEM_UNROLL for (int i = 0; i < n; ++i) {
      typename S::V a[n];
      TANDEM_UNROLL for (int j = 0; j < n; ++j) a[j] = S::load(pixels[j * n + i] + c);
      Form::input(a, 1, b + i, n);
    }
    float* to = out;
    TANDEM_UNROLL for (int i = 0; i < n; ++i) {
      typename S::V a[n];
      Form::input(b + i * n, 1, a, 1);
      TANDEM_UNROLL for (int j = 0; j < n; ++j, to += apart) S::store(to, a[j]);
    }
  }
}

/// A dy Aᵀ.
template <class S, class Form>
void transform_gradient(const float* const* pixels, Size first, Size last, float* out, Size apart) {
  constexpr int n = Form::points, m = Form::outputs;
  for (Size c = first; c < last; c += S::width, out += S::width) {
    typename S::V b[n * m];
    TANDEM_UNROLL for (int i = 0; i < m; ++i) {
      typename S::V a[m];
      TANDEM_UNROLL for (int j = 0; j < m; ++j) a[j] = S::load(pixels[j * m + i] + c);
      Form::output_gradient(a, 1, b + i, m);
    }
    float* to = out;
    TANDEM_UNROLL for (int i = 0; i < n; ++i) {
      typename S::V a[n];
      Form::output_gradient(b + i * m, 1, a, 1);
      TANDEM_UNROLL for (int j = 0; j < n; ++j, to += apart) S::store(to, a[j]);
    }
  }
}

/// Aᵀ m A.
template <class S, class Form>
void transform_output(const float* in, Size apart, Size first, Size last, float* const* pixels) {
  constexpr int n = Form::points, m = Form::outputs;
  for (Size c = first; c < last; c += S::width, in += S::width) {
    typename S::V b[m * n];
    const float* from = in;
    TANDEM_UNROLL for (int i = 0; i < n; ++i) {
      typename S::V a[n];
      TANDEM_UNROLL for (int j = 0; j < n; ++j, from += apart) a[j] = S::load(from);
      Form::output(a, 1, b + i, n);
    }
    TANDEM_UNROLL for (int i = 0; i < m; ++i) {
      typename S::V a[m];
      Form::output(b + i * n, 1, a, 1);
      TANDEM_UNROLL for (int j = 0; j < m; ++j) S::store(pixels[j * m + i] + c, a[j]);
    }
  }
}

/// packed[product, group of outputs, input, output of the group] = G g Gᵀ.
template <class S, class Form>
void pack(const Plan& plan, const float* weight, const Taps& taps, Size first, Size last,
          float* packed) {
  constexpr int n = Form::points;
  const Size inputs = plan.shape.input, apart = plan.packed_apart;
  for (Size group = first; group < last; ++group) {
    for (Size c = 0; c < inputs; ++c) {
      for (int v = 0; v < S::count; ++v) {
        const Size k = group * channel_group + v * S::width;
        const float* from = weight + k * taps.output_stride + c * taps.input_stride;
        typename S::V a[9], b[3 * n], d[n * n];
        for (int t = 0; t < 9; ++t) {
          const float* tap = from + (taps.reversed ? 8 - t : t) * taps.tap_stride;
          for (int lane = 0; lane < S::width; ++lane) a[t][lane] = tap[lane * taps.output_stride];
        }
        TANDEM_UNROLL for (int i = 0; i < 3; ++i) Form::taps(a + i, 3, b + i, 3);
        TANDEM_UNROLL for (int i = 0; i < n; ++i) Form::taps(b + i * 3, 1, d + i * n, 1);
        float* out = packed + (group * inputs + c) * channel_group + v * S::width;
        TANDEM_UNROLL for (int i = 0; i < n * n; ++i) S::store(out + i * apart, d[i]);
      }
    }
  }
}

/// Rows of scratch are a little longer than their channels: powers of two would share cache sets.
constexpr Size row_of(Size channels) {
  return channels + channel_group;
}

template <class S, class Form>
void convolve(const Plan& plan, const float* x, const float* packed, Size first, Size last,
              float* scratch, float* y) {
  constexpr int n2 = Form::points * Form::points, m2 = Form::outputs * Form::outputs;
  const Size inputs = plan.shape.input, outputs = plan.shape.output;
  const Size u_row = row_of(inputs), m_row = row_of(plan.block_outputs);
  const Size u_apart = plan.block_tiles * u_row, m_apart = plan.block_tiles * m_row;
  float* u = scratch;
  float* m = u + n2 * u_apart;
  float* zeros = m + n2 * m_apart;
  float* nowhere = zeros + inputs;
  for (Size c = 0; c < inputs; ++c) zeros[c] = 0;
  const Size sweeps = (outputs + plan.block_outputs - 1) / plan.block_outputs;
  Size transformed = -1;
  for (Size item = first; item < last; ++item) {
    const Size block = item / sweeps, tile = block * plan.block_tiles;
    const Size tiles = smaller(plan.block_tiles, plan.tiles - tile);
    const Size k0 = item % sweeps * plan.block_outputs;
    const Size k1 = smaller(outputs, k0 + plan.block_outputs);
    for (Size t = 0; t < tiles && transformed != block; ++t) {
      const float* pixels[n2];
      find_window<Form, Form::points, const float>(plan, x, inputs, tile + t, 1, zeros, pixels);
      transform_input<S, Form>(pixels, 0, inputs, u + t * u_row, u_apart);
    }
    transformed = block;
    for (Size i = 0; i < n2; ++i) {
      for (Size k = k0; k < k1; k += channel_group)
        multiply<S, false>(tiles, u + i * u_apart, {u_row, 1},
                           packed + i * plan.packed_apart + k * inputs, channel_group, inputs,
                           m + i * m_apart + k - k0, m_row);
    }
    for (Size t = 0; t < tiles; ++t) {
      float* pixels[m2];
      find_window<Form, Form::outputs, float>(plan, y, outputs, tile + t, 0, nowhere, pixels);
      transform_output<S, Form>(m + t * m_row, m_apart, k0, k1, pixels);
    }
  }
}

/// A part of the weights' gradient and the run of tiles that an item sums for it.
struct Part {
  Part(const Plan& plan, Size item)
      : chunk(item % plan.part_chunks),
        k0(item / plan.part_chunks % across(plan) * plan.part_outputs),
        c0(item / plan.part_chunks / across(plan) * plan.part_inputs),
        k1(smaller(plan.shape.output, k0 + plan.part_outputs)),
        c1(smaller(plan.shape.input, c0 + plan.part_inputs)) {}

  static Size across(const Plan& plan) {
    return (plan.shape.output + plan.part_outputs - 1) / plan.part_outputs;
  }
  static Size floats(const Plan& plan) { return plan.products * plan.part_apart; }

  Size chunk, k0, c0, k1, c1;
};

template <class S, class Form>
void correlate(const Plan& plan, const float* x, const float* dy, Size first, Size last,
               float* scratch, float* sums) {
  constexpr int n2 = Form::points * Form::points;
  const Size inputs = plan.shape.input, outputs = plan.shape.output;
  const Size u_row = row_of(plan.part_inputs), m_row = row_of(plan.part_outputs);
  const Size u_apart = plan.part_tiles * u_row, m_apart = plan.part_tiles * m_row;
  float* u = scratch;
  float* m = u + n2 * u_apart;
  float* zeros = m + n2 * m_apart;
  for (Size c = 0; c < inputs || c < outputs; ++c) zeros[c] = 0;
  for (Size item = first; item < last; ++item) {
    const Part part(plan, item);
    float* sum = sums + item * Part::floats(plan);
    for (Size i = 0; i < Part::floats(plan); ++i) sum[i] = 0;
    const Size end = smaller(plan.tiles, (part.chunk + 1) * plan.chunk_tiles);
    for (Size tile = part.chunk * plan.chunk_tiles; tile < end; tile += plan.part_tiles) {
      const Size tiles = smaller(plan.part_tiles, end - tile);
      for (Size t = 0; t < tiles; ++t) {
        const float* pixels[n2];
        find_window<Form, Form::points>(plan, x, inputs, tile + t, 1,
                                        static_cast<const float*>(zeros), pixels);
        transform_input<S, Form>(pixels, part.c0, part.c1, u + t * u_row, u_apart);
        find_window<Form, Form::outputs>(plan, dy, outputs, tile + t, 0,
                                         static_cast<const float*>(zeros), pixels);
        transform_gradient<S, Form>(pixels, part.k0, part.k1, m + t * m_row, m_apart);
      }
      for (Size i = 0; i < n2; ++i) {
        for (Size k = 0; k < part.k1 - part.k0; k += channel_group)
          multiply<S, true>(part.c1 - part.c0, u + i * u_apart, {1, u_row}, m + i * m_apart + k,
                            m_row, tiles, sum + i * plan.part_apart + k, plan.part_outputs);
      }
    }
  }
}

/// dw = Gᵀ (Σ chunks) G.
template <class S, class Form>
void collect(const Plan& plan, const float* sums, const Taps& taps, Size first, Size last,
             float* dw) {
  constexpr int n = Form::points;
  const Size apart = plan.part_apart;
  for (Size k = first * channel_group; k < last * channel_group; k += S::width) {
    for (Size c = 0; c < plan.shape.input; ++c) {
      const Size part = c / plan.part_inputs * Part::across(plan) + k / plan.part_outputs;
      const float* from = sums + part * plan.part_chunks * Part::floats(plan) +
                          c % plan.part_inputs * plan.part_outputs + k % plan.part_outputs;
      typename S::V a[n * n], b[3 * n], d[9];
      for (int i = 0; i < n * n; ++i) {
        a[i] = S::load(from + i * apart);
        for (Size chunk = 1; chunk < plan.part_chunks; ++chunk)
          a[i] += S::load(from + chunk * Part::floats(plan) + i * apart);
      }
      TANDEM_UNROLL for (int i = 0; i < n; ++i) Form::taps_gradient(a + i, n, b + i, n);
      TANDEM_UNROLL for (int i = 0; i < 3; ++i) Form::taps_gradient(b + i * n, 1, d + i * 3, 1);
      float* to = dw + k * taps.output_stride + c * taps.input_stride;
      for (int t = 0; t < 9; ++t) {
        for (int lane = 0; lane < S::width; ++lane)
          to[t * taps.tap_stride + lane * taps.output_stride] = d[t][lane];
      }
    }
  }
}

template <class S>
constexpr Kernels make_kernels() {
  return {{pack<S, Form2>, convolve<S, Form2>, correlate<S, Form2>, collect<S, Form2>},
          {pack<S, Form4>, convolve<S, Form4>, correlate<S, Form4>, collect<S, Form4>}};
}

}  // namespace
}  // namespace resnet::winograd
