#pragma once

#include "tandem/base/export.hpp"

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tandem::host {

/// A backbone of a plugin, in place of a model of your own.
struct BackbonePlugin {
  std::string id;  ///< "resnet18"
  std::string parameters =
      {};              ///< the lines of a configuration's [backbone], as TOML; "": defaults
  bool trust = false;  ///< code that comes from its files (a TorchScript archive) may run
};

/// A module type that turns a tensor into a tensor.
template <class M>
concept TensorModule = std::derived_from<M, torch::nn::Module> &&
    requires(M& module, const at::Tensor& x) {
  { module.forward(x) } -> std::convertible_to<at::Tensor>;
};

/// What is to be trained: a `torch::nn` module of your own, shared with you and changed by nothing
/// but your optimizer, or a plugin's backbone. Made implicitly from either.
///
/// An objective with a target network (BYOL) needs a second module. It is a clone of yours
/// (`torch::nn::Cloneable`), unless you say how to make another one:
///
///     host::Model(net, [] { return Net(); })
class Model {
 public:
  using Forward = at::Tensor (*)(torch::nn::Module&, const at::Tensor&);
  using MakeAnother = std::function<std::shared_ptr<torch::nn::Module>()>;

  template <TensorModule M>
  Model(std::shared_ptr<M> module) : module_(std::move(module)), forward_(&run<M>) {}
  template <TensorModule M>
  Model(const torch::nn::ModuleHolder<M>& module) : Model(module.ptr()) {}
  template <TensorModule M, std::invocable Make>
  Model(std::shared_ptr<M> module, Make make_another) : Model(std::move(module)) {
    make_another_ = [make = std::move(make_another)] { return pointer<M>(make()); };
  }
  template <TensorModule M, std::invocable Make>
  Model(const torch::nn::ModuleHolder<M>& module, Make make_another)
      : Model(module.ptr(), std::move(make_another)) {}
  Model(BackbonePlugin plugin) : plugin_(std::move(plugin)) {}

  const std::shared_ptr<torch::nn::Module>& module() const { return module_; }  ///< may be null
  Forward forward() const { return forward_; }
  const MakeAnother& make_another() const { return make_another_; }  ///< may be empty
  const BackbonePlugin& plugin() const { return plugin_; }

 private:
  template <class M>
  static at::Tensor run(torch::nn::Module& module, const at::Tensor& x) {
    return static_cast<M&>(module).forward(x);
  }
  template <class M>
  static std::shared_ptr<M> pointer(std::shared_ptr<M> module) {
    return module;
  }
  template <class M>
  static std::shared_ptr<M> pointer(const torch::nn::ModuleHolder<M>& module) {
    return module.ptr();
  }

  std::shared_ptr<torch::nn::Module> module_;
  Forward forward_ = nullptr;
  MakeAnother make_another_;
  BackbonePlugin plugin_;
};

/// A layer by name: what the model's forward calls `tandem::tap` with ("layer3"). In a model that
/// is a `torch::nn::Sequential`, of no class derived from it, the name or index of a child too;
/// negative ones count from the end. "" is the model's own output.
struct Layer {
  Layer(std::string layer) : name(std::move(layer)) {}
  Layer(const char* layer) : name(layer) {}
  Layer(int child) : name(std::to_string(child)) {}
  std::string name;
};

/// A layer that can be named, and the shape of its output.
struct LayerInfo {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// Every layer of a module of your own that can be named, in the order of a forward pass of
/// `sample`: the children of a `torch::nn::Sequential`, and what calls `tandem::tap`
/// (tandem/sdk/tap.hpp). The model stays as it is, and so does random state. Throws Error(usage)
/// for a plugin's backbone. [one thread at a time]
TANDEM_API std::vector<LayerInfo> layers(const Model& model, const at::Tensor& sample);

}  // namespace tandem::host
