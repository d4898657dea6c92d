#include "normalise.hpp"

#include "columns.hpp"

#include <ATen/Functions.h>

namespace tandem::barlow_twins {

at::Tensor global_means(const Tensors& sums, double batch, Collective& collective) {
  return collective.all_reduce_sum(at::stack(sums)) / batch;
}

Normalised normalise(const Tensors& views, double batch, Collective& collective) {
  constexpr double eps = 1e-5;
  Tensors from, sums;
  for (const at::Tensor& view : views) {
    from.push_back(view.contiguous());
    sums.push_back(view.sum(0));
  }
  const at::Tensor mean = global_means(sums, batch, collective);
  for (std::size_t v = 0; v < views.size(); ++v) sums[v] = squares(from[v], row(mean, v));
  const at::Tensor scale = (global_means(sums, batch, collective) + eps).rsqrt_();
  Tensors z;
  for (std::size_t v = 0; v < views.size(); ++v)
    z.push_back(standardised(from[v], row(mean, v), row(scale, v)));
  return {z, scale};
}

void normalise_backward(Tensors& grads, const Normalised& z, double batch, Collective& collective) {
  Tensors sums;
  for (std::size_t v = 0; v < grads.size(); ++v) sums.push_back(dots(grads[v], z.views[v]));
  const at::Tensor along = global_means(sums, batch, collective);
  for (std::size_t v = 0; v < grads.size(); ++v)
    project(grads[v], z.views[v], row(along, v), row(z.scale, v));
}

}  // namespace tandem::barlow_twins
