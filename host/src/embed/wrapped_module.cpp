#include "embed/wrapped_module.hpp"

#include "plugin/guard.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <torch/types.h>

namespace tandem::host {

WrappedModule::WrappedModule(std::shared_ptr<torch::nn::Module> module, Cut cut,
                             const torch::nn::Module& names)
    : module_(std::move(module)),
      cut_(std::move(cut)),
      parameters_(names.named_parameters().keys()),
      buffers_(names.named_buffers().keys()) {}

at::Tensor WrappedModule::forward(const at::Tensor& view) {
  at::Tensor output;
  try {
    output = cut_.run(*module_, view);
  } catch (...) {
    plugin::rethrow_as_error("your model '" + module_->name() + "', forward", ErrorKind::usage);
  }
  if (!output.defined())
    throw Error(ErrorKind::usage, "your model '" + module_->name() +
                                      "': this forward pass did not reach " + cut_.description());
  if (output.dim() < 2 || view.dim() < 1 || output.size(0) != view.size(0)) {
    throw Error(ErrorKind::usage,
                Log::join("your model '", module_->name(), "': ", cut_.description(),
                          " turned a batch of shape ", view.sizes(), " into ", output.sizes(),
                          "; (N, …) with one row a sample is expected"));
  }
  return output;
}

void WrappedModule::visit(StateVisitor& visitor) {
  const auto parameters = module_->parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    visitor.parameter(parameters_.at(i), parameters[i]);
  const auto buffers = module_->buffers();
  for (std::size_t i = 0; i < buffers.size(); ++i) visitor.buffer(buffers_.at(i), buffers[i]);
}

void WrappedModule::to(at::Device device, at::ScalarType type) {
  for (const auto& parameter : module_->parameters()) move_to(parameter, device, type);
  for (const auto& buffer : module_->buffers()) move_to(buffer, device, type);
}

}  // namespace tandem::host
