#include "train/same_together.hpp"

#include "roles/state.hpp"
#include "train/encoding.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/rand_like.h>

#include <exception>

namespace tandem::train {
namespace {

using Tensors = std::vector<at::Tensor>;

/// Rounding moves latents by 1e-5 at most, rows that meet elsewhere by a tenth and more.
constexpr double tolerance = 1e-3;
/// How far weights and buffers are moved, up: what is a variance stays one.
constexpr double nudge = 0.05;

/// All tensors as they are now: a scripted network may put others in their places.
Tensors state_now(const std::vector<Stateful*>& networks) {
  Tensors all;
  for (Stateful* network : networks) {
    const State state = state_of(*network);
    for (const auto* list : {&state.parameters, &state.buffers})
      for (const auto& item : *list) all.push_back(item.tensor.detach());
  }
  return all;
}

/// What networks hold, and a way back to it.
class Kept {
 public:
  explicit Kept(const std::vector<Stateful*>& networks) : networks_(networks) {
    for (const at::Tensor& tensor : state_now(networks)) values_.push_back(tensor.clone());
  }
  void restore() const {
    const Tensors now = state_now(networks_);
    for (std::size_t i = 0; i < now.size(); ++i) now[i].copy_(values_[i]);
  }

 private:
  const std::vector<Stateful*>& networks_;
  Tensors values_;
};

void move_a_little(const std::vector<Stateful*>& networks) {
  for (const at::Tensor& tensor : state_now(networks))
    if (tensor.is_floating_point()) tensor.add_(at::rand_like(tensor), nudge);
}

/// Counts and the like have no rounding.
bool near(const at::Tensor& a, const at::Tensor& b) {
  if (a.defined() != b.defined()) return false;
  if (!a.defined()) return true;
  if (a.sizes() != b.sizes()) return false;
  if (!a.is_floating_point()) return at::equal(a, b);
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

/// What one way of passing gives: latents of each view, and all state as it is then.
struct Outcome {
  Tensors latents, state;
};

Outcome outcome(const EncodingParts& parts, const std::vector<Stateful*>& networks) {
  Outcome found;
  Encoding encoding(parts);
  for (const Latents& latents : encoding.forward())
    found.latents.insert(found.latents.end(), {latents.online, latents.target});
  for (const at::Tensor& tensor : state_now(networks)) found.state.push_back(tensor.clone());
  return found;
}

std::string difference(EncodingParts parts, const std::vector<Stateful*>& networks) {
  move_a_little(networks);
  const Kept moved(networks);
  const Outcome apart = outcome(parts, networks);
  moved.restore();
  parts.together = true;
  const Outcome together = outcome(parts, networks);
  if (!near(together.latents, apart.latents)) return "it gave other latents";
  return near(together.state, apart.state) ? "" : "it left other buffers behind";
}

}  // namespace

std::string difference_together(Objective& objective, const std::vector<Stateful*>& networks,
                                const std::vector<ViewContext>& contexts,
                                std::span<const at::Tensor> views) {
  const at::NoGradGuard no_grad;
  const roles::KeepRandomState keep;
  const auto groups = groups_of(views, contexts, /*joint=*/false);
  const Kept before(networks);
  std::string found;
  try {
    found = difference({objective, contexts, views, groups}, networks);
  } catch (const std::exception& error) {
    found = error.what();
  }
  before.restore();
  return found;
}

}  // namespace tandem::train
