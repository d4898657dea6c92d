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
  // Separate lanes let the compiler use vector registers without reordering a sum.
  constexpr int lanes = 8;
  double value[lanes] = {};
  double update[lanes] = {};
  const auto add = [&](std::int64_t i, int lane) {
    const double x = static_cast<double>(p[i]);
    const double d = static_cast<double>(g[i]) + weight_decay * x;
    value[lane] += x * x;
    update[lane] += d * d;
  };
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (int lane = 0; lane < lanes; ++lane) add(i + lane, lane);
  }
  for (; i < n; ++i) add(i, 0);
  Squares sum;
  for (int lane = 0; lane < lanes; ++lane) {
    sum.value += value[lane];
    sum.update += update[lane];
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
