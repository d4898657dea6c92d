#pragma once

#include <cstdint>

/// The loops of `batch_norm_relu`, each over rows of `channels` floats that one thread has.
/// y = relu((x − mean)·scale + bias [+ residual]).
namespace tandem::fused {

struct Block {
  std::int64_t rows, channels;
};

struct Affine {
  const float *mean, *scale, *bias;  ///< one a channel
};

/// Of two sums over rows, one a channel. They are overwritten.
struct Sums {
  double *first, *second;
};

/// The mean, and the sum of squares about it.
void moments(const float* x, Block block, Sums sums);

/// y; without `residual` where that is null.
void normalise(const float* x, const float* residual, float* y, Block block, Affine affine);

/// Σg and Σg·(x − mean), where g is dy where y > 0, otherwise 0: by y as it is found from x.
void masked_sums(const float* x, const float* dy, Block block, Affine affine, Sums sums);
/// By y itself; writes g.
void masking_sums(const float* x, const float* y, const float* dy, float* g, Block block,
                  const float* mean, Sums sums);

/// What the gradient of x lacks of g·scale: −(constant + slope·(x − mean)).
struct Correction {
  const float *constant, *slope;  ///< one a channel
};

void masked_input(const float* x, const float* dy, float* dx, Block block, Affine affine,
                  Correction correction);
void input(const float* x, const float* g, float* dx, Block block, Affine affine,
           Correction correction);

}  // namespace tandem::fused
