#include "off_diagonal.hpp"

#include "columns.hpp"

#include <ATen/Functions.h>

namespace tandem::barlow_twins {
namespace {

/// Σᵢⱼ cᵢⱼ² is summed in float64, since the diagonal is taken from it.
at::Tensor gram_energy(const Tensors& grams, const at::Tensor& diagonal, const Setting& setting) {
  Tensors sums;
  setting.for_pairs([&](std::size_t, std::size_t a, std::size_t b) {
    sums.push_back(dots(grams[a], grams[b]).sum(at::kDouble));
  });
  const at::Tensor total =
      setting.collective->all_reduce_sum(at::stack(sums)) / (setting.batch * setting.batch);
  return (total - diagonal.to(at::kDouble).square().sum(1)).clamp_min_(0);
}

/// zzᵀ is symmetric: half of it need not be multiplied. In two parts, a quarter of it is not.
at::Tensor symmetric_gram(const at::Tensor& z) {
  const std::int64_t rows = z.size(0), upper = rows / 2, lower = rows - upper;
  at::Tensor all = at::empty({rows, rows}, z.options());
  at::Tensor top = all.narrow(0, 0, upper), bottom = all.narrow(0, upper, lower);
  at::mm_out(top, z.narrow(0, 0, upper), z.t());
  at::Tensor corner = bottom.narrow(1, upper, lower);
  const at::Tensor rest = z.narrow(0, upper, lower);
  at::mm_out(corner, rest, rest.t());
  bottom.narrow(1, 0, upper).copy_(top.narrow(1, upper, lower).t());
  return all;
}

OffDiagonal gram(const Tensors& z, const at::Tensor& diagonal, const Setting& setting) {
  OffDiagonal result;
  for (const at::Tensor& view : z) {
    result.everywhere.push_back(setting.collective->all_gather(view));
    const bool alone = setting.collective->size() == 1;
    result.matrices.push_back(alone ? symmetric_gram(view) : view.mm(result.everywhere.back().t()));
  }
  result.energy = gram_energy(result.matrices, diagonal, setting);
  return result;
}

OffDiagonal correlation(const Tensors& z, const Setting& setting) {
  OffDiagonal result;
  Tensors sums;
  setting.for_pairs([&](std::size_t, std::size_t a, std::size_t b) {
    at::Tensor c = setting.collective->all_reduce_sum(z[a].t().mm(z[b])).div_(setting.batch);
    c.fill_diagonal_(0);
    sums.push_back(at::linalg_vector_norm(c, 2, 1).to(at::kDouble).square_().sum());
    result.matrices.push_back(c);
  });
  result.energy = at::stack(sums);
  return result;
}

void add_gram_grads(Tensors& grads, const OffDiagonal& saved, double factor) {
  for (std::size_t a = 0; a < grads.size(); ++a) {
    at::Tensor partners;
    for (std::size_t b = 0; b < grads.size(); ++b) {
      if (b != a) partners = partners.defined() ? partners + saved.matrices[b] : saved.matrices[b];
    }
    grads[a].addmm_(partners, saved.everywhere[a], 1, factor);
  }
}

void add_correlation_grads(Tensors& grads, const Tensors& z, const OffDiagonal& saved,
                           const Setting& setting, double factor) {
  setting.for_pairs([&](std::size_t pair, std::size_t a, std::size_t b) {
    grads[a].addmm_(z[b], saved.matrices[pair].t(), 1, factor);
    grads[b].addmm_(z[a], saved.matrices[pair], 1, factor);
  });
}

}  // namespace

OffDiagonal off_diagonal(const Tensors& z, const at::Tensor& diagonal, const Setting& setting) {
  return setting.form == Form::gram ? gram(z, diagonal, setting) : correlation(z, setting);
}

void add_off_diagonal_grads(Tensors& grads, const Tensors& z, const OffDiagonal& saved,
                            const Setting& setting) {
  const double factor = 2 * setting.lambda / setting.pairs() / setting.batch;
  if (setting.form == Form::gram)
    add_gram_grads(grads, saved, factor / setting.batch);
  else
    add_correlation_grads(grads, z, saved, setting, factor);
}

}  // namespace tandem::barlow_twins
