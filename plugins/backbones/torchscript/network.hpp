#pragma once

#include "tandem/base/params.hpp"
#include "tandem/sdk/backbone.hpp"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/interpreter.h>

#include <set>
#include <string>
#include <vector>

namespace torchscript {

struct Params {
  std::string file;
  static void declare(tandem::Fields<Params>& f);
};

/// A TorchScript model up to one layer. What the layer does not need is neither run nor visited.
class Network final : public tandem::Backbone {
 public:
  using Params = torchscript::Params;

  /// Loads the file, its own copy each time. Throws tandem::Error(config) without the context's
  /// trust, for a file or a layer that cannot be used, and for a model that is fixed in one mode.
  Network(const Params& params, const tandem::BackboneContext& context);

  at::Tensor forward(const at::Tensor& view) override;
  std::vector<std::string> layers() const override { return layers_; }
  void visit(tandem::StateVisitor& visitor) override;
  void train(bool on) override { module_.train(on); }
  void to(at::Device device, at::ScalarType type) override;

 private:
  torch::jit::Module module_;
  std::vector<std::string> layers_;
  std::set<std::string> used_;  // parameters and buffers that the graph reads or writes
  bool changes_view_ = false;   // the script writes into its input, which the host still needs
  torch::jit::Code code_;
};

}  // namespace torchscript
