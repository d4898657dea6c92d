#pragma once

#include "tandem/sdk/backbone.hpp"
#include "tandem/sdk/objective.hpp"

#include <torch/nn/module.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tandem {

/// Named torch modules and the target encoders of an object, and all that `Stateful` asks about
/// them.
class TANDEM_API ModuleState {
 public:
  ModuleState();
  void add(const std::string& name, std::shared_ptr<torch::nn::Module> module);
  /// An encoder that no optimizer trains: its parameters are visited as buffers under `name`.
  void add_target(const std::string& name, std::shared_ptr<Encoder> encoder);
  /// A module that no optimizer trains.
  void add_target(const std::string& name, std::shared_ptr<torch::nn::Module> module);
  void visit(StateVisitor& visitor);
  void train(bool on);
  void to(at::Device device, at::ScalarType type);

 private:
  struct Module {
    std::string name;
    std::shared_ptr<torch::nn::Module> module;
    bool target;
  };
  struct Target {
    std::string name;
    std::shared_ptr<Encoder> encoder;
  };
  std::vector<Module> modules_;
  std::vector<Target> encoders_;
};

/// `Base` (Objective, Backbone) with its state in torch modules: register each in the constructor.
template <class Base>
class WithModules : public Base {
 public:
  using Base::Base;
  void visit(StateVisitor& visitor) override { state_.visit(visitor); }
  void train(bool on) override { state_.train(on); }
  void to(at::Device device, at::ScalarType type) override { state_.to(device, type); }

 protected:
  /// Registers a module (a holder or a shared pointer) and returns it. An empty name adds none to
  /// the path.
  template <class M>
  M add(const std::string& name, M module) {
    state_.add(name, pointer(module));
    return module;
  }
  /// Registers what an optimizer must not train: a target encoder or a target head.
  template <class M>
  M add_target(const std::string& name, M module) {
    state_.add_target(name, pointer(module));
    return module;
  }

 private:
  template <class M>
  static std::shared_ptr<M> pointer(const std::shared_ptr<M>& module) {
    return module;
  }
  template <class M>
  static std::shared_ptr<M> pointer(const torch::nn::ModuleHolder<M>& holder) {
    return holder.ptr();
  }
  ModuleState state_;
};

using ModuleObjective = WithModules<Objective>;
using ModuleBackbone = WithModules<Backbone>;

/// A multi-layer perceptron: Linear, BatchNorm and ReLU for every width but the last, whose Linear
/// stands alone unless `last_norm` asks for a BatchNorm behind it.
struct MlpOptions {
  std::int64_t input = 0;            ///< width of the input
  std::vector<std::int64_t> widths;  ///< one a layer
  bool hidden_bias = false;          ///< of the hidden Linears (a BatchNorm follows each)
  bool last_bias = false;
  bool norm = true;  ///< BatchNorm behind hidden layers
  bool last_norm = false;
  bool last_affine = true;  ///< of the last BatchNorm
};
TANDEM_API torch::nn::Sequential make_mlp(const MlpOptions& options);

/// The modules' parameters and buffers copied by name. Throws Error(internal), and copies nothing,
/// where names or shapes differ.
TANDEM_API void copy_state(torch::nn::Module& to, const torch::nn::Module& from);

}  // namespace tandem
