#pragma once

#include "strided_kernels.hpp"

/// For the one source file of each instruction set, which is compiled for that set alone.
namespace resnet::strided {
namespace {

/// How both factors of a row's products follow one another: `inner` products, `outer` times, for
/// each of `pictures`.
struct Walk {
  Size pictures, outer, inner;
  Size a_step;            ///< from a product to the next
  Size a_run, a_picture;  ///< from the last product of a run, or of a picture, to the next, more
  Size b_step;
};

/// out[r][group] (+)= Σ a[r][…] · b[…][group] for R rows. What is there already is added at the
/// end: sums of sums lose less.
template <class S, int R, bool Add>
[[gnu::noinline]] void sum_rows(const Walk& walk, const float* const* a, const float* b,
                                float* const* out) {
  typename S::V sum[R][S::count];
  const float* row[R];
  TANDEM_UNROLL for (int r = 0; r < R; ++r) {
    row[r] = a[r];
    TANDEM_UNROLL for (int v = 0; v < S::count; ++v) sum[r][v] = typename S::V{};
  }
  Size at = 0;
  for (Size p = 0; p < walk.pictures; ++p, at += walk.a_picture) {
    for (Size o = 0; o < walk.outer; ++o, at += walk.a_run) {
      for (Size i = 0; i < walk.inner; ++i, at += walk.a_step, b += walk.b_step) {
        typename S::V factor[S::count];
        TANDEM_UNROLL for (int v = 0; v < S::count; ++v) factor[v] = S::load(b + v * S::width);
        TANDEM_UNROLL for (int r = 0; r < R; ++r) {
          const typename S::V x = S::all(row[r][at]);
          TANDEM_UNROLL for (int v = 0; v < S::count; ++v) sum[r][v] += x * factor[v];
        }
      }
    }
  }
  TANDEM_UNROLL for (int r = 0; r < R; ++r) {
    TANDEM_UNROLL for (int v = 0; v < S::count; ++v) {
      float* const to = out[r] + v * S::width;
      S::store(to, Add ? S::load(to) + sum[r][v] : sum[r][v]);
    }
  }
}

template <class S, int R, bool Add>
void sum_rest(Size rows, const Walk& walk, const float* const* a, const float* b,
              float* const* out) {
  if constexpr (R > 0) {
    if (rows == R) return sum_rows<S, R, Add>(walk, a, b, out);
    sum_rest<S, R - 1, Add>(rows, walk, a, b, out);
  }
}

/// Cuts `count` rows into the fewest runs that registers hold, evenly, since a run of few rows
/// waits for its own sums: work(first, number).
template <class S, class Work>
void in_runs(Size count, const Work& work) {
  const Size runs = (count + S::rows - 1) / S::rows;
  const Size rest = runs > 0 ? count % runs : 0, least = runs > 0 ? count / runs : 0;
  for (Size run = 0, first = 0; run < runs; ++run) {
    const Size number = least + (run < rest);
    work(first, number);
    first += number;
  }
}

/// The places of a map's pixels, one after another, without a division for each.
class Pixels {
 public:
  explicit Pixels(Size columns) : columns_(columns) {}

  Size row = 0, column = 0;
  void next() {
    if (++column == columns_) column = 0, ++row;
  }

 private:
  Size columns_;
};

/// Copies a picture's rows into a frame that is `wide` pixels wide, its first pixel at (from,
/// from).
void frame_picture(const float* picture, Size height, Size width, Size channels, Size from,
                   Size wide, float* frame) {
  for (Size y = 0; y < height; ++y) {
    const float* row = picture + y * width * channels;
    float* to = frame + ((y + from) * wide + from) * channels;
    for (Size i = 0; i < width * channels; ++i) to[i] = row[i];
  }
}

void clear(float* values, Size count) {
  for (Size i = 0; i < count; ++i) values[i] = 0;
}

/// Pictures as the taps see them: a 3×3 one's with a frame of zeros, a 1×1 one's as they are.
class Frames {
 public:
  /// `frames` holds `most` of them.
  Frames(const Shape& shape, const float* x, Size most, float* frames)
      : shape_(shape), x_(x), frames_(frames), framed_(shape.side == 3) {
    if (framed_) clear(frames, most * shape.framed_input);
  }

  Size wide() const { return framed_ ? 2 * shape_.columns + 1 : shape_.width; }
  /// Floats from a picture to the next.
  Size apart() const { return framed_ ? shape_.framed_input : size(); }
  const float* of(Size first, Size last) const {
    const float* from = x_ + first * size();
    if (!framed_) return from;
    for (Size i = 0; i < last - first; ++i)
      frame_picture(from + i * size(), shape_.height, shape_.width, shape_.input, 1, wide(),
                    frames_ + i * apart());
    return frames_;
  }

 private:
  Size size() const { return shape_.height * shape_.width * shape_.input; }

  const Shape& shape_;
  const float* x_;
  float* frames_;
  bool framed_;
};

/// packed[group of outputs, tap, input, output of the group].
template <class S>
void pack(const Shape& shape, const float* weight, const Taps& taps, Size first, Size last,
          float* packed) {
  float* to = packed + first * channel_group * shape.taps * shape.input;
  for (Size k = first * channel_group; k < last * channel_group; k += channel_group) {
    for (Size tap = 0; tap < shape.taps; ++tap) {
      for (Size c = 0; c < shape.input; ++c) {
        const float* from =
            weight + k * taps.output_stride + c * taps.input_stride + tap * taps.tap_stride;
        for (Size lane = 0; lane < channel_group; ++lane) *to++ = from[lane * taps.output_stride];
      }
    }
  }
}

template <class S>
void convolve(const Shape& shape, const float* x, const float* packed, Size first, Size last,
              float* frame, float* y) {
  const Frames frames(shape, x, 1, frame);
  const Size inputs = shape.input, outputs = shape.output, wide = frames.wide();
  const Size columns = shape.columns, pixels = shape.rows * columns;
  const Size run = shape.side * inputs;
  const Walk walk{1, shape.side, run, 1, wide * inputs - run, 0, channel_group};
  for (Size picture = first; picture < last; ++picture) {
    const float* const from = frames.of(picture, picture + 1);
    float* const result = y + picture * pixels * outputs;
    for (Size k = 0; k < outputs; k += channel_group) {
      Pixels at(columns);
      in_runs<S>(pixels, [&](Size pixel, Size rows) {
        const float* a[S::rows];
        float* out[S::rows];
        for (Size r = 0; r < rows; ++r, at.next()) {
          a[r] = from + 2 * (at.row * wide + at.column) * inputs;
          out[r] = result + (pixel + r) * outputs + k;
        }
        sum_rest<S, S::rows, false>(rows, walk, a, packed + k * shape.taps * inputs, out);
      });
    }
  }
}

/// Pixels of the gradient of x whose row and column are even or odd see the taps that reach them
/// alone: the middle one in an even row, the two others in an odd one.
struct Phase {
  Phase(const Shape& shape, Size y, Size x)
      : odd_row(y),
        odd_column(x),
        rows((shape.height + 1 - y) / 2),
        columns((shape.width + 1 - x) / 2),
        taps_down(y == 1 ? shape.side - 1 : 1),
        taps_across(x == 1 ? shape.side - 1 : 1) {}

  /// Of the convolution's taps, the phase's tap (down, across), in the order of dy's pixels.
  Size tap(const Shape& shape, Size down, Size across) const {
    const Size y = odd_row == 1 ? 2 - 2 * down : shape.side / 2;
    const Size x = odd_column == 1 ? 2 - 2 * across : shape.side / 2;
    return y * shape.side + x;
  }

  Size odd_row, odd_column, rows, columns, taps_down, taps_across;
};

template <class Work>
void for_phases(const Shape& shape, const Work& work) {
  for (Size i = 0; i < 4; ++i) work(Phase(shape, i / 2, i % 2));
}

/// packed[group of inputs, phase, tap of it, output, input of the group].
template <class S>
void pack_transposed(const Shape& shape, const float* weight, const Taps& taps, Size first,
                     Size last, float* packed) {
  float* to = packed + first * channel_group * shape.taps * shape.output;
  for (Size c = first * channel_group; c < last * channel_group; c += channel_group) {
    for_phases(shape, [&](const Phase& phase) {
      for (Size i = 0; i < phase.taps_down * phase.taps_across; ++i) {
        const Size tap = phase.tap(shape, i / phase.taps_across, i % phase.taps_across);
        for (Size k = 0; k < shape.output; ++k) {
          const float* from =
              weight + k * taps.output_stride + c * taps.input_stride + tap * taps.tap_stride;
          for (Size lane = 0; lane < channel_group; ++lane) *to++ = from[lane * taps.input_stride];
        }
      }
    });
  }
}

template <class S>
void transposed(const Shape& shape, const float* dy, const float* packed, Size first, Size last,
                float* frame, float* dx) {
  const Size inputs = shape.input, outputs = shape.output;
  const Size rows = shape.rows, columns = shape.columns, wide = columns + 1;
  clear(frame, shape.framed_output);
  for (Size picture = first; picture < last; ++picture) {
    frame_picture(dy + picture * rows * columns * outputs, rows, columns, outputs, 0, wide, frame);
    float* const result = dx + picture * shape.height * shape.width * inputs;
    const float* b = packed;
    for (Size c = 0; c < inputs; c += channel_group) {
      for_phases(shape, [&](const Phase& phase) {
        const Size run = phase.taps_across * outputs;
        const Walk walk{1, phase.taps_down, run, 1, wide * outputs - run, 0, channel_group};
        Pixels at(phase.columns);
        in_runs<S>(phase.rows * phase.columns, [&](Size, Size count) {
          const float* a[S::rows];
          float* out[S::rows];
          for (Size r = 0; r < count; ++r, at.next()) {
            const Size y = 2 * at.row + phase.odd_row, x = 2 * at.column + phase.odd_column;
            a[r] = frame + (at.row * wide + at.column) * outputs;
            out[r] = result + (y * shape.width + x) * inputs + c;
          }
          sum_rest<S, S::rows, false>(count, walk, a, b, out);
        });
        b += phase.taps_down * run * channel_group;
      });
    }
  }
}

template <class S>
void correlate(const Shape& shape, const float* x, const float* dy, Size first, Size last,
               float* frame, float* sums) {
  const Size together = shape.pictures_together;
  const Frames frames(shape, x, together, frame);
  const Size inputs = shape.input, outputs = shape.output, wide = frames.wide();
  const Size rows = shape.rows, columns = shape.columns, run = 2 * wide * inputs;
  Walk walk{
      1,      rows, columns, 2 * inputs, run - 2 * columns * inputs, frames.apart() - rows * run,
      outputs};
  clear(sums, shape.weights);
  for (Size picture = first; picture < last; picture += together) {
    walk.pictures = smaller(together, last - picture);
    const float* const from = frames.of(picture, picture + walk.pictures);
    const float* const b = dy + picture * rows * columns * outputs;
    for (Size tap = 0; tap < shape.side; ++tap) {
      // The taps of a row are neighbours, as their channels are.
      in_runs<S>(shape.side * inputs, [&](Size channel, Size count) {
        for (Size k = 0; k < outputs; k += channel_group) {
          const float* a[S::rows];
          float* out[S::rows];
          for (Size r = 0; r < count; ++r) {
            a[r] = from + tap * wide * inputs + channel + r;
            out[r] = sums + (tap * shape.side * inputs + channel + r) * outputs + k;
          }
          sum_rest<S, S::rows, true>(count, walk, a, b + k, out);
        }
      });
    }
  }
}

/// dw of the sums of `parts` runs of pictures.
template <class S>
void collect(const Shape& shape, const float* sums, Size parts, const Taps& taps, Size first,
             Size last, float* dw) {
  for (Size k = first * channel_group; k < last * channel_group; k += S::width) {
    for (Size i = 0; i < shape.taps * shape.input; ++i) {
      const float* from = sums + i * shape.output + k;
      typename S::V sum = S::load(from);
      for (Size part = 1; part < parts; ++part) sum += S::load(from + part * shape.weights);
      float* to = dw + k * taps.output_stride + i % shape.input * taps.input_stride +
                  i / shape.input * taps.tap_stride;
      for (int lane = 0; lane < S::width; ++lane) to[lane * taps.output_stride] = sum[lane];
    }
  }
}

template <class S>
constexpr Loops make_loops() {
  return {pack<S>, convolve<S>, pack_transposed<S>, transposed<S>, correlate<S>, collect<S>};
}

}  // namespace
}  // namespace resnet::strided
