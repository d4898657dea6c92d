#pragma once

#include "vectors.hpp"

/// The loops of a Winograd convolution, compiled once for each instruction set.
namespace resnet::winograd {

/// A 3×3 convolution with stride 1 and a padding of 1, of channels-last maps; `input` and `output`
/// are multiples of channel_group.
struct Shape {
  Size pictures, height, width, input, output;
};

/// Weights [output, input, 3, 3] by strides, or with their nine taps in reverse.
struct Taps {
  Size output_stride, input_stride, tap_stride;
  bool reversed = false;
};

/// How work is cut, which depends on nothing but the shape: so results do not depend on the number
/// of threads.
struct Plan {
  Shape shape;
  Size products;      ///< of one tile and pair of channels
  Size packed_apart;  ///< floats from a product's weights to the next's
  Size tiles;         ///< of all pictures
  Size tiles_across;  ///< of one picture
  Size tiles_down;

  Size block_tiles;    ///< tiles convolved together
  Size block_outputs;  ///< output channels convolved together
  Size convolve_items;
  Size convolve_scratch;  ///< floats

  Size part_inputs;   ///< channels of one part of the weights' gradient
  Size part_outputs;  ///< the same
  Size part_apart;    ///< floats from a product's sums to the next's
  Size part_tiles;    ///< tiles added together
  Size part_chunks;   ///< runs of tiles that are summed apart
  Size chunk_tiles;
  Size correlate_items;
  Size correlate_scratch;  ///< floats
  Size sums;               ///< floats
};

/// The loops of one form. `first` and `last` are a range of items, which are independent.
struct Loops {
  /// Items: groups of output channels. `packed` holds products · packed_apart floats.
  void (*pack)(const Plan&, const float* weight, const Taps&, Size first, Size last, float* packed);
  /// y = x ∗ weight. Items: plan.convolve_items.
  void (*convolve)(const Plan&, const float* x, const float* packed, Size first, Size last,
                   float* scratch, float* y);
  /// Sums over tiles for the weights' gradient. Items: plan.correlate_items.
  void (*correlate)(const Plan&, const float* x, const float* dy, Size first, Size last,
                    float* scratch, float* sums);
  /// The gradient of these sums. Items: groups of output channels.
  void (*collect)(const Plan&, const float* sums, const Taps&, Size first, Size last, float* dw);
};

/// One instruction set's loops of Form2 and Form4.
struct Kernels {
  Loops form2, form4;
};

#ifdef TANDEM_KERNELS_X86
extern const Kernels kernels_v3;  ///< x86-64-v3: AVX2 and FMA
#endif

}  // namespace resnet::winograd
