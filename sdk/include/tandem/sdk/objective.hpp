#pragma once

#include "tandem/base/log.hpp"
#include "tandem/base/plugin.hpp"
#include "tandem/sdk/collective.hpp"
#include "tandem/sdk/encoder.hpp"
#include "tandem/sdk/stateful.hpp"

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

enum class Init {
  copy,   ///< starts with the online encoder's weights
  fresh,  ///< starts with its own random weights
};

/// What an objective is made with. Pointers stay valid as long as the objective.
struct ObjectiveContext {
  std::shared_ptr<Encoder> encoder;  ///< the online encoder
  /// Another encoder of the same kind, e.g. a target: the host makes the backbone again.
  std::function<std::shared_ptr<Encoder>(Init)> new_encoder;
  Collective* collective = nullptr;
  Log* log = nullptr;
  int views = 2;  ///< views of each sample, in `loss`'s span
  /// Over all ranks. 0 where not known, in a loop of the caller's that does not say (tandem::host):
  /// a loss takes the batch from its rows, `z.size(0) * collective->size()`.
  std::int64_t global_batch = 0;
  std::int64_t steps_per_epoch = 0;  ///< 0: not known, likewise
  std::int64_t total_steps = 0;      ///< 0: not known; who cannot do without refuses that
  at::Device device = at::kCPU;
};

struct ViewContext {
  int index = 0;             ///< which view, in the configuration's order
  int count = 2;             ///< how many there are
  std::string role;          ///< from [[view]], e.g. "global", "local"; empty unless given
  bool needs_target = true;  ///< false for views that no target network sees
};

/// Where in training a step is. `step` counts optimizer steps from 0.
struct StepContext {
  std::int64_t step = 0;
  std::int64_t total_steps = 0;      ///< 0: not known, as in ObjectiveContext
  std::int64_t steps_per_epoch = 0;  ///< likewise
};

/// One view after the encoders. N is the local batch, or a chunk of it.
struct Latents {
  at::Tensor online;  ///< (N, F) carries the gradient, probes read it; none for a target-only view
  at::Tensor target;  ///< (N, F) of a target encoder, no gradient; else undefined
};

/// One view after the heads.
struct Embedding {
  at::Tensor online;  ///< (N, D) carries the gradient; undefined for a target-only view
  at::Tensor target;  ///< (N, D) no gradient; undefined where online is compared with online
  std::vector<at::Tensor> extra;  ///< anything more, first dimension N
};

struct Metric {
  std::string name;
  at::Tensor value;  ///< 0-dim, detached; when it is read is the host's choice
};

struct Loss {
  at::Tensor total;  ///< 0-dim, carries the gradient; the mean over ranks is the global loss
  std::vector<Metric> metrics;
};

/// A wish about the optimizer for all of the objective's parameters whose name starts with
/// `prefix`.
struct ParameterHint {
  std::string prefix;
  bool constant_lr = false;  ///< keeps the base learning rate: no warm-up, no decay
};

/// A self-supervised method in three steps: encode → embed → loss.
///
/// Contract: `encode`, `embed` and `loss` may be called any number of times and change nothing but
/// BatchNorm's running statistics; state advances in `after_optimizer_step` alone. The host calls
/// `encode` and `embed` under the run's precision, and `loss` with autocast off and
/// `online`/`target` in float32 (float64 stays). Throw only what derives from std::exception. [one
/// thread at a time; several objects on several threads]
///
/// The online encoder is the host's: `visit`, `train` and `to` speak of what the objective made
/// itself, its heads and its target encoder.
class TANDEM_API Objective : public Stateful {
 public:
  explicit Objective(const ObjectiveContext& context);
  ~Objective() override;

  /// One view (N, C, H, W) → latents. The default runs the online encoder; a method with a target
  /// encoder adds its latents. May see a chunk of the batch.
  virtual Latents encode(const at::Tensor& view, const ViewContext& context);
  /// The heads; always sees the whole local batch.
  virtual Embedding embed(const Latents& latents, const ViewContext& context) = 0;
  /// The loss over all views of a batch, in the configuration's order.
  virtual Loss loss(std::span<const Embedding> views, const StepContext& context) = 0;
  /// Between backward and the optimizer, e.g. to freeze prototypes for the first epoch.
  virtual void after_backward(const StepContext& context);
  /// The only place where state advances: a moving average, a queue, a centre. `views` are those of
  /// the last loss, detached.
  virtual void after_optimizer_step(std::span<const Embedding> views, const StepContext& context);
  virtual std::vector<ParameterHint> parameter_hints() const;

 protected:
  const ObjectiveContext& context() const { return context_; }
  Encoder& encoder() const { return *context_.encoder; }
  Collective& collective() const { return *context_.collective; }

 private:
  ObjectiveContext context_;
};

/// Makes objectives of one id. [any thread]
class TANDEM_API ObjectiveFactory : public Factory {
 public:
  ~ObjectiveFactory() override;
  virtual std::unique_ptr<Objective> create(const ParamValues& values,
                                            const ObjectiveContext& context) const = 0;
};

namespace detail {
template <class T>
class ObjectiveMaker final : public ObjectiveFactory {
 public:
  const Schema& schema() const override { return schema_; }
  std::unique_ptr<Objective> create(const ParamValues& values,
                                    const ObjectiveContext& context) const override {
    return std::make_unique<T>(make_params<typename T::Params>(schema_, values), context);
  }

 private:
  Schema schema_ = schema_of<typename T::Params>();
};
}  // namespace detail

/// For TANDEM_PLUGIN: an objective `T`, constructed from (its `T::Params`, ObjectiveContext).
template <class T>
consteval auto objective(std::string_view id) {
  return Provides<Role::objective, detail::ObjectiveMaker<T>>{detail::checked_id(id)};
}

/// target ← tau·target + (1 − tau)·online for every parameter, by name, without a graph. Buffers of
/// `online` (BatchNorm's running statistics) are not averaged: a target runs in training mode and
/// has its own. Throws Error(internal), and changes nothing, where the two do not have the same
/// parameters: names and shapes.
TANDEM_API void ema_update(Stateful& target, Stateful& online, double tau);

}  // namespace tandem
