#include "roles/encoder.hpp"

#include "roles/state.hpp"
#include "tandem/base/error.hpp"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

namespace tandem::roles {
namespace {

/// The names of the parameters that `output` does not depend on.
std::unordered_set<std::string> unreached_by(const at::Tensor& output, Backbone& backbone) {
  std::vector<std::string> names;
  std::vector<at::Tensor> tensors;
  for (const auto& item : state_of(backbone).parameters) {
    if (!item.tensor.requires_grad()) continue;
    names.push_back(item.name);
    tensors.push_back(item.tensor);
  }
  std::vector<at::Tensor> gradients(tensors.size());
  if (output.requires_grad() && !tensors.empty()) {
    gradients =
        torch::autograd::grad({output.sum()}, tensors, {}, false, false, /*allow_unused=*/true);
  }
  std::unordered_set<std::string> unreached;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!gradients[i].defined()) unreached.insert(names[i]);
  }
  return unreached;
}

void tell_unreached(Backbone& backbone, const std::unordered_set<std::string>& unreached,
                    Log& log) {
  std::string list;
  for (const auto& item : state_of(backbone).parameters) {
    if (unreached.contains(item.name)) list += (list.empty() ? "" : ", ") + item.name;
  }
  if (!list.empty())
    log.info("not trained, since the tapped layer does not depend on them: ", list);
}

/// Passes on as buffers what must be kept but not trained.
class Untrained final : public StateVisitor {
 public:
  Untrained(StateVisitor& next, const std::unordered_set<std::string>& names)
      : next_(next), names_(names) {}
  void parameter(std::string_view name, const at::Tensor& tensor) override {
    if (names_.contains(std::string(name))) return next_.buffer(name, tensor);
    next_.parameter(name, tensor);
  }
  void buffer(std::string_view name, const at::Tensor& tensor) override {
    next_.buffer(name, tensor);
  }

 private:
  StateVisitor& next_;
  const std::unordered_set<std::string>& names_;
};

}  // namespace

HostEncoder::HostEncoder(std::unique_ptr<Backbone> backbone, const Pooling& pooling,
                         const at::Tensor& sample, Log& log)
    : backbone_(std::move(backbone)), pooling_(pooling), sample_shape_(sample.sizes().vec()) {
  const KeepRandomState keep;
  const at::AutoGradMode with_graph(true);
  backbone_->train(false);
  const auto output = backbone_->forward(sample);
  pooling_.tell(output, log);
  const auto latent = pooling_(output);
  if (latent.size(0) != sample.size(0)) {
    throw Error(ErrorKind::plugin, Log::join("the backbone turned a batch of shape ",
                                             sample.sizes(), " into latents of shape ",
                                             latent.sizes(), "; one row a sample is expected"));
  }
  width_ = latent.size(1);
  unreached_ = unreached_by(latent, *backbone_);
  tell_unreached(*backbone_, unreached_, log);
  backbone_->train(true);
}

at::Tensor HostEncoder::operator()(const at::Tensor& view) {
  auto latent = pooling_(backbone_->forward(contiguous_ ? view.contiguous() : view));
  if (latent.size(1) == width_) return latent;
  throw Error(ErrorKind::config,
              Log::join("a view of shape ", view.sizes(), " has latents ", latent.size(1),
                        " wide, one of ", at::IntArrayRef(sample_shape_), " ", width_,
                        "; set pool = \"avg\" (backbone.pool in a configuration), or give all "
                        "views one size"));
}

void HostEncoder::visit(StateVisitor& visitor) {
  Untrained untrained(visitor, unreached_);
  backbone_->visit(untrained);
}

}  // namespace tandem::roles
