#pragma once

#include "embed/cut.hpp"
#include "tandem/sdk/backbone.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tandem::host {

/// A module of somebody else's as a backbone, cut at a layer. What it throws is told as its own
/// fault.
class WrappedModule final : public Backbone {
 public:
  /// Tensors have the names of `names`, which has the same structure: a clone of a Sequential has
  /// lost its own.
  WrappedModule(std::shared_ptr<torch::nn::Module> module, Cut cut, const torch::nn::Module& names);

  at::Tensor forward(const at::Tensor& view) override;
  std::vector<std::string> layers() const override { return {cut_.name()}; }
  void visit(StateVisitor& visitor) override;
  void train(bool on) override { module_->train(on); }
  void to(at::Device device, at::ScalarType type) override;

 private:
  std::shared_ptr<torch::nn::Module> module_;
  Cut cut_;
  std::vector<std::string> parameters_, buffers_;
};

}  // namespace tandem::host
