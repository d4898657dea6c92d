#include "normalise.hpp"

#include <ATen/Functions.h>

namespace tandem::barlow_twins {

at::Tensor global_means(const Tensors& tensors, double batch, Collective& collective) {
  Tensors sums;
  for (const at::Tensor& tensor : tensors) sums.push_back(tensor.sum(0));
  return collective.all_reduce_sum(at::stack(sums)) / batch;
}

Normalised normalise(const Tensors& views, double batch, Collective& collective) {
  constexpr double eps = 1e-5;
  const at::Tensor mean = global_means(views, batch, collective);
  Tensors z;
  for (std::size_t v = 0; v < views.size(); ++v) z.push_back(views[v] - row(mean, v));
  const at::Tensor variance = global_means(products(z, z), batch, collective);
  const at::Tensor scale = (variance + eps).rsqrt_();
  for (std::size_t v = 0; v < views.size(); ++v) z[v].mul_(row(scale, v));
  return {z, scale};
}

void normalise_backward(Tensors& grads, const Normalised& z, double batch, Collective& collective) {
  const at::Tensor along = global_means(products(grads, z.views), batch, collective);
  for (std::size_t v = 0; v < grads.size(); ++v) {
    grads[v].addcmul_(z.views[v], row(along, v), -1).mul_(row(z.scale, v));
  }
}

}  // namespace tandem::barlow_twins
