#pragma once

#include <cstdint>

namespace tandem::train {

/// d = scale·(g + weight_decay·p); b ← momentum·b + d; p ← p − lr·(nesterov ? d + momentum·b : b).
struct MomentumStep {
  double lr;
  double momentum;
  double weight_decay;
  double scale = 1;
  bool nesterov = false;
};
template <class T>
void momentum_step(T* p, const T* g, T* b, std::int64_t n, const MomentumStep& step);

/// g' = g + l2·p; p ← shrink·p; m ← m + (1 − beta1)(g' − m); v ← beta2·v + (1 − beta2)·g'²;
/// p ← p − rate·m/(√v/root + eps).
struct AdamStep {
  double l2;      ///< decay as a part of the gradient
  double shrink;  ///< decay apart from it
  double beta1;
  double beta2;
  double rate;  ///< the learning rate, corrected for the first moment's start
  double root;  ///< the root of the second moment's correction
  double eps;
};
template <class T>
void adam_step(T* p, const T* g, T* m, T* v, std::int64_t n, const AdamStep& step);

/// Σp² and Σ(g + weight_decay·p)², totalled in double.
struct Squares {
  double value = 0;
  double update = 0;
};
template <class T>
Squares squares(const T* p, const T* g, std::int64_t n, double weight_decay);

}  // namespace tandem::train
