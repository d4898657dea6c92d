#pragma once

#include "vectors.hpp"

/// The loops of a convolution with stride 2, compiled once for each instruction set.
namespace resnet::strided {

/// A convolution of `side`² taps, 1 or 9, with stride 2 and a padding of side / 2, of channels-last
/// maps; `output` is a multiple of channel_group, and `input` where there is a gradient of x. What
/// follows them is made of them, by `make_shape`: a function here would be the linker's to merge.
struct Shape {
  Size pictures, height, width, input, output, side;

  Size rows, columns;  ///< of a result
  Size taps, weights;
  Size framed_input, framed_output;  ///< floats of a picture, or a gradient, with zeros around it
  /// Whose products for the weights' gradient are summed in one go: more than one of small ones.
  Size pictures_together;
};

/// Weights [output, input, side, side] by strides.
struct Taps {
  Size output_stride, input_stride, tap_stride;
};

/// `first` and `last` are a range of items, which are independent. `packed` holds shape.weights
/// floats, as do the sums of each item of `correlate`.
struct Loops {
  /// Items: groups of output channels.
  void (*pack)(const Shape&, const float* weight, const Taps&, Size first, Size last,
               float* packed);
  /// y = x ∗ weight. Items: pictures. `frame` holds shape.framed_input floats.
  void (*convolve)(const Shape&, const float* x, const float* packed, Size first, Size last,
                   float* frame, float* y);
  /// Items: groups of input channels.
  void (*pack_transposed)(const Shape&, const float* weight, const Taps&, Size first, Size last,
                          float* packed);
  /// The gradient of x. Items: pictures. `frame` holds shape.framed_output floats.
  void (*transposed)(const Shape&, const float* dy, const float* packed, Size first, Size last,
                     float* frame, float* dx);
  /// The weights' gradient of pictures [first, last), as [tap, input, output]. `frames` holds
  /// shape.pictures_together · shape.framed_input floats.
  void (*correlate)(const Shape&, const float* x, const float* dy, Size first, Size last,
                    float* frames, float* sums);
  /// The weights' gradient of `parts` such sums, one after another. Items: groups of output
  /// channels.
  void (*collect)(const Shape&, const float* sums, Size parts, const Taps&, Size first, Size last,
                  float* dw);
};

#ifdef TANDEM_KERNELS_X86
extern const Loops loops_v3;  ///< x86-64-v3: AVX2 and FMA
#endif

}  // namespace resnet::strided
