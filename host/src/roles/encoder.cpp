#include "roles/encoder.hpp"

#include "roles/state.hpp"
#include "tandem/base/error.hpp"

#include <torch/csrc/autograd/autograd.h>

namespace tandem::roles {
namespace {

/// The parameters that `output` does not depend on stop being trained.
void freeze_unreached(Backbone& backbone, const at::Tensor& output, Log& log) {
  const auto parameters = state_of(backbone).parameters;
  std::vector<at::Tensor> tensors;
  for (const auto& item : parameters) tensors.push_back(item.tensor);
  if (tensors.empty() || !output.requires_grad()) return;
  const auto gradients =
      torch::autograd::grad({output.sum()}, tensors, {}, false, false, /*allow_unused=*/true);
  std::string unreached;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (gradients[i].defined()) continue;
    tensors[i].set_requires_grad(false);
    unreached += (unreached.empty() ? "" : ", ") + parameters[i].name;
  }
  if (!unreached.empty())
    log.info("not trained, since the tapped layer does not depend on them: ", unreached);
}

}  // namespace

HostEncoder::HostEncoder(std::unique_ptr<Backbone> backbone, const Pooling& pooling,
                         const at::Tensor& sample, Log& log)
    : backbone_(std::move(backbone)), pooling_(pooling) {
  const KeepRandomState keep;
  backbone_->train(false);
  const auto latent = (*this)(sample);
  if (latent.dim() != 2 || latent.size(0) != sample.size(0)) {
    throw Error(ErrorKind::plugin, Log::join("the backbone turned a batch of shape ",
                                             sample.sizes(), " into latents of shape ",
                                             latent.sizes(), "; one row a sample is expected"));
  }
  width_ = latent.size(1);
  freeze_unreached(*backbone_, latent, log);
  backbone_->train(true);
}

at::Tensor HostEncoder::operator()(const at::Tensor& view) {
  return pooling_(backbone_->forward(view));
}

}  // namespace tandem::roles
