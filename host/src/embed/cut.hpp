#pragma once

#include "tandem/host/model.hpp"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tandem::host {

/// Where a model's forward pass ends: at a child of a Sequential (of that very class: one derived
/// from it may have a forward of its own), at a tap, or nowhere.
class Cut {
 public:
  /// Finds a layer by name; a Sequential's own children come before taps of the same name. For a
  /// tap the model, which must be in eval mode, is run on `sample`, no further than there. Throws
  /// Error(config) for an unknown layer.
  Cut(const Model& model, const Layer& layer, const at::Tensor& sample);

  /// The layer's output; undefined where the forward pass does not come by. `module` is the
  /// model's, or one of the same structure.
  at::Tensor run(torch::nn::Module& module, const at::Tensor& x) const;

  /// What is meant, for a sentence: "the model's output" or the layer's name.
  std::string description() const;
  const std::string& name() const { return name_; }

 private:
  [[noreturn]] void unknown(const Model& model, const at::Tensor& sample) const;

  Model::Forward forward_;
  std::string name_;
  std::optional<std::size_t> child_;  ///< of a Sequential, where the layer is one
};

/// See `layers` of the public header; without what that does to keep the model as it is.
std::vector<LayerInfo> list_layers(const Model& model, const at::Tensor& sample);

}  // namespace tandem::host
