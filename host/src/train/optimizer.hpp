#pragma once

#include "tandem/sdk/stateful.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tandem::train {

/// One tensor that an optimizer trains.
struct TrainedParameter {
  std::string name;              ///< unique in one optimizer, e.g. "backbone.conv1.weight"
  at::Tensor tensor;             ///< a leaf that requires a gradient; changed in place
  bool is_bias_or_norm = false;  ///< at most one dimension: a bias, or a BatchNorm's scale
  bool constant_lr = false;      ///< the schedule leaves its learning rate alone
};

/// What all optimizers have in common.
struct OptimizerOptions {
  double lr = 0.1;      ///< of weights, before the schedule
  double bias_lr = -1;  ///< of biases and norms; negative: as `lr`
  std::int64_t lr_per =
      0;  ///< both rates are for a batch of this size and grow with it; 0: as they are
  double weight_decay = 0;
  bool decay_bias_norm = false;  ///< biases and norms decay too (and LARS adapts them)
};

/// Stochastic gradient descent: b ← momentum·b + (g + weight_decay·p), p ← p − lr·b, as
/// torch.optim.SGD defines it. With `nesterov` the step is d + momentum·b, where d = g +
/// weight_decay·p.
struct SgdOptions : OptimizerOptions {
  double momentum = 0.9;
  bool nesterov = false;
};

/// Adam (Kingma and Ba, 2015) or, `decoupled`, AdamW (Loshchilov and Hutter, 2019), as torch.optim
/// has them: both moments are corrected for their start at zero, `eps` is added behind the
/// corrected root.
struct AdamOptions : OptimizerOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  bool decoupled = false;  ///< decay shrinks the weights, apart from the gradient
};

/// Whose LARS it is: they differ in the adaptation, and in what gets none.
enum class LarsDialect {
  official,  ///< eta·‖p‖/‖d‖; 1 where either norm is zero
  solo,  ///< eta·‖p‖/(‖g‖ + weight_decay·‖p‖ + 1e-8); neither decay nor adaptation where ‖p‖ or
         ///< ‖g‖ is zero
  lightly,  ///< as solo, and no adaptation where the weight decay is zero
};

/// LARS (You et al., 2017): the step d = g + weight_decay·p of a weight is multiplied by what the
/// dialect says; then b ← momentum·b + d, p ← p − lr·b. Biases and norms get neither decay nor
/// adaptation, unless `decay_bias_norm`. `official` is that of Barlow Twins and of DeepMind's BYOL,
/// `solo` that of solo-learn and Lightning Bolts.
struct LarsOptions : OptimizerOptions {
  double momentum = 0.9;
  double eta = 0.001;
  LarsDialect dialect = LarsDialect::official;
  bool clip_lr = false;  ///< solo's: the adaptation is divided by lr, then at most 1, so that a
                         ///< weight's rate is at most lr
};

/// Trains a fixed list of parameters from their `.grad()`. On the CPU each float or double
/// parameter is updated in one pass over memory, on LibTorch's threads; all else, on whatever
/// device, by LibTorch's own operations on lists of parameters. [main thread]
class Optimizer {
 public:
  virtual ~Optimizer();
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Makes all gradients undefined.
  void zero_grad();
  /// One update. `factor` is the schedule's, 1 for parameters with `constant_lr`. A parameter whose
  /// gradient is undefined stays as it is, and so does its state.
  void step(double factor);
  /// The Euclidean length of all gradients together, as the last backward pass left them.
  double gradient_norm() const;
  /// The optimizer's state as buffers named "<parameter>.<what>", e.g.
  /// "backbone.conv1.weight.momentum". All exist from the start, so that a checkpoint can be read
  /// into a fresh optimizer.
  void visit(StateVisitor& visitor);

  double lr() const { return lr_; }  ///< of weights, scaled by the batch, before the schedule
  double bias_lr() const { return bias_lr_; }  ///< of biases and norms
  const std::vector<TrainedParameter>& parameters() const { return parameters_; }

 protected:
  /// A parameter with its state and the options that hold for it.
  struct Slot {
    at::Tensor value;
    std::vector<at::Tensor> state;  ///< like `value`, in the order of the state's names
    at::Tensor steps;  ///< 0-dim int64 on the CPU: updates so far; undefined where not counted
    double weight_decay = 0;
    bool excluded = false;  ///< from decay, and from LARS's adaptation
  };
  /// What one step asks of a slot. No graph is recorded.
  struct Update {
    Slot& slot;
    const at::Tensor& grad;  ///< of the shape of `slot.value`
    double lr;
  };
  struct StateKind {
    std::vector<std::string> names;  ///< tensors like the parameter, zero at the start
    bool steps = false;              ///< counts a parameter's updates
  };
  Optimizer(std::vector<TrainedParameter> parameters, const OptimizerOptions& options,
            std::int64_t global_batch, StateKind kind);

 private:
  /// In one pass over memory. False, and nothing done, where that cannot be walked.
  virtual bool walk(const Update& update) = 0;
  /// All that could not be walked.
  virtual void update_together(std::span<const Update> updates) = 0;
  Slot make_slot(const TrainedParameter& parameter, const OptimizerOptions& options) const;

  std::vector<TrainedParameter> parameters_;
  StateKind kind_;
  std::vector<Slot> slots_;
  double lr_;
  double bias_lr_;
};

/// Throw Error(config) where the options make no sense together. `global_batch` (over all ranks)
/// counts only where `lr_per` is given.
std::unique_ptr<Optimizer> make_optimizer(std::vector<TrainedParameter> parameters,
                                          const SgdOptions& options, std::int64_t global_batch = 0);
std::unique_ptr<Optimizer> make_optimizer(std::vector<TrainedParameter> parameters,
                                          const AdamOptions& options,
                                          std::int64_t global_batch = 0);
std::unique_ptr<Optimizer> make_optimizer(std::vector<TrainedParameter> parameters,
                                          const LarsOptions& options,
                                          std::int64_t global_batch = 0);

}  // namespace tandem::train
