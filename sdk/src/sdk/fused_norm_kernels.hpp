#pragma once

#include <cstdint>

/// The loops of `batch_norm_relu`, each over rows of `channels` numbers that one thread has: T is
/// float or c10::BFloat16, all arithmetic is in float.
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
template <class T>
void moments(const T* x, Block block, Sums sums);

/// y; without `residual` where that is null.
template <class T>
void normalise(const T* x, const T* residual, T* y, Block block, Affine affine);

/// Σg and Σg·(x − mean), where g is dy where y > 0, otherwise 0: by y as it is found from x.
template <class T>
void masked_sums(const T* x, const T* dy, Block block, Affine affine, Sums sums);
/// By y itself; writes g.
template <class T>
void masking_sums(const T* x, const T* y, const T* dy, T* g, Block block, const float* mean,
                  Sums sums);

/// What the gradient of x lacks of g·scale: −(constant + slope·(x − mean)).
struct Correction {
  const float *constant, *slope;  ///< one a channel
};

template <class T>
void masked_input(const T* x, const T* dy, T* dx, Block block, Affine affine,
                  Correction correction);
template <class T>
void input(const T* x, const T* g, T* dx, Block block, Affine affine, Correction correction);

}  // namespace tandem::fused
