#include "train/same_together.hpp"

#include "roles/state.hpp"
#include "train/encoding.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <exception>

namespace tandem::train {
namespace {

using Tensors = std::vector<at::Tensor>;

/// Rounding moves latents by 1e-5 at most, rows that meet elsewhere by a tenth and more.
constexpr double tolerance = 1e-3;

Tensors buffers_of(const std::vector<Stateful*>& networks) {
  Tensors buffers;
  for (Stateful* network : networks)
    for (const auto& item : state_of(*network).buffers) buffers.push_back(item.tensor);
  return buffers;
}

Tensors copies_of(const Tensors& tensors) {
  Tensors copies;
  for (const at::Tensor& tensor : tensors) copies.push_back(tensor.detach().clone());
  return copies;
}

bool near(const at::Tensor& a, const at::Tensor& b) {
  if (a.defined() != b.defined()) return false;
  if (!a.defined()) return true;
  if (a.sizes() != b.sizes()) return false;
  const auto length = [](const at::Tensor& tensor) {
    return at::linalg_vector_norm(tensor.to(at::kDouble)).item<double>();
  };
  return length(a.to(at::kDouble) - b.to(at::kDouble)) <= tolerance * length(b);
}

bool near(const Tensors& a, const Tensors& b) {
  bool all = a.size() == b.size();
  for (std::size_t i = 0; all && i < a.size(); ++i) all = near(a[i], b[i]);
  return all;
}

/// What one way of passing gives: latents of each view, and buffers as they are then.
Tensors outcome(const EncodingParts& parts, const Tensors& buffers) {
  Tensors found;
  Encoding encoding(parts);
  for (const Latents& latents : encoding.forward())
    found.insert(found.end(), {latents.online, latents.target});
  const Tensors after = copies_of(buffers);
  found.insert(found.end(), after.begin(), after.end());
  return found;
}

}  // namespace

bool same_together(Objective& objective, const std::vector<Stateful*>& networks,
                   const std::vector<ViewContext>& contexts, std::span<const at::Tensor> views) {
  const at::NoGradGuard no_grad;
  const roles::KeepRandomState keep;
  const auto groups = groups_of(views, contexts, /*joint=*/false);
  const Tensors buffers = buffers_of(networks), before = copies_of(buffers);
  const auto restore = [&] {
    for (std::size_t i = 0; i < buffers.size(); ++i) buffers[i].detach().copy_(before[i]);
  };
  EncodingParts parts{objective, contexts, views, groups};
  try {
    const Tensors apart = outcome(parts, buffers);
    restore();
    parts.together = true;
    const Tensors together = outcome(parts, buffers);
    restore();
    return near(together, apart);
  } catch (const std::exception&) {
    restore();
    return false;
  }
}

}  // namespace tandem::train
