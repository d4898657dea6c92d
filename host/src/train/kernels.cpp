#include "train/kernels.hpp"

#include <cmath>

namespace tandem::train {

template <class T>
void momentum_step(T* __restrict p, const T* __restrict g, T* __restrict b, std::int64_t n,
                   const MomentumStep& step) {
  const T lr = static_cast<T>(step.lr);
  const T momentum = static_cast<T>(step.momentum);
  const T decay = static_cast<T>(step.weight_decay);
  const T scale = static_cast<T>(step.scale);
  const bool nesterov = step.nesterov;
  for (std::int64_t i = 0; i < n; ++i) {
    const T d = scale * (g[i] + decay * p[i]);
    const T next = momentum * b[i] + d;
    b[i] = next;
    p[i] -= lr * (nesterov ? d + momentum * next : next);
  }
}

template <class T>
void adam_step(T* __restrict p, const T* __restrict g, T* __restrict m, T* __restrict v,
               std::int64_t n, const AdamStep& step) {
  const T l2 = static_cast<T>(step.l2);
  const T shrink = static_cast<T>(step.shrink);
  const T rest1 = static_cast<T>(1 - step.beta1);
  const T beta2 = static_cast<T>(step.beta2);
  const T rest2 = static_cast<T>(1 - step.beta2);
  const T rate = static_cast<T>(step.rate);
  const T root = static_cast<T>(step.root);
  const T eps = static_cast<T>(step.eps);
  for (std::int64_t i = 0; i < n; ++i) {
    const T d = g[i] + l2 * p[i];
    const T mean = m[i] + rest1 * (d - m[i]);
    const T square = beta2 * v[i] + rest2 * d * d;
    m[i] = mean;
    v[i] = square;
    p[i] = shrink * p[i] - rate * (mean / (std::sqrt(square) / root + eps));
  }
}

template <class T>
Squares squares(const T* p, const T* g, std::int64_t n, double weight_decay) {
  // Separate lanes let the compiler use vector registers without reordering a sum; short runs keep
  // a float's rounding out of the total.
  constexpr std::int64_t lanes = 8;
  constexpr std::int64_t run = 512;
  const T decay = static_cast<T>(weight_decay);
  Squares sum;
  for (std::int64_t begin = 0; begin < n; begin += run) {
    const std::int64_t end = begin + run < n ? begin + run : n;
    T value[lanes] = {};
    T update[lanes] = {};
    const auto add = [&](std::int64_t i, std::int64_t lane) {
      const T d = g[i] + decay * p[i];
      value[lane] += p[i] * p[i];
      update[lane] += d * d;
    };
    std::int64_t i = begin;
    for (; i + lanes <= end; i += lanes) {
      for (std::int64_t lane = 0; lane < lanes; ++lane) add(i + lane, lane);
    }
    for (; i < end; ++i) add(i, (i - begin) % lanes);
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      sum.value += static_cast<double>(value[lane]);
      sum.update += static_cast<double>(update[lane]);
    }
  }
  return sum;
}

template void momentum_step(float*, const float*, float*, std::int64_t, const MomentumStep&);
template void momentum_step(double*, const double*, double*, std::int64_t, const MomentumStep&);
template void adam_step(float*, const float*, float*, float*, std::int64_t, const AdamStep&);
template void adam_step(double*, const double*, double*, double*, std::int64_t, const AdamStep&);
template Squares squares(const float*, const float*, std::int64_t, double);
template Squares squares(const double*, const double*, std::int64_t, double);

}  // namespace tandem::train
