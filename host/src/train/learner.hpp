#pragma once

#include "report/observer.hpp"
#include "tandem/sdk/collective.hpp"
#include "tandem/sdk/encoder.hpp"
#include "tandem/sdk/objective.hpp"
#include "train/diagnosis.hpp"
#include "train/encoding.hpp"
#include "train/gradient_mean.hpp"
#include "train/optimizer.hpp"
#include "train/schedule.hpp"
#include "train/statistics.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tandem::train {

/// What one step gave. Tensors are not read: when they are is the caller's choice.
struct StepResult {
  at::Tensor loss;                    ///< 0-dim, detached; the mean over ranks
  std::vector<Metric> metrics;        ///< likewise
  std::vector<Embedding> embeddings;  ///< one a view, without a graph
  at::Tensor latents;  ///< (N, F) of the first view that the online encoder sees, without a graph
  double lr = 0;       ///< of weights, in this step
  report::Seconds seconds;  ///< forward, backward, optimizer
};

/// The parts of a learner; all of them belong to it.
struct LearnerParts {
  std::shared_ptr<Encoder> encoder;
  std::unique_ptr<Objective> objective;
  std::unique_ptr<Optimizer> optimizer;
  Schedule schedule;
  std::vector<ViewContext> views;  ///< one a view, in the order of a step's tensors
  PluginNames names;               ///< for messages
  std::uint64_t seed = 0;
  bool joint = false;  ///< views of one size, role and target pass encoder and heads as one batch,
                       ///< the context of the first with them: BatchNorm then sees them together
  std::int64_t chunks = 1;  ///< of a batch, encoded one after another: see Encoding
  /// The ranks that share each batch, of equal parts: gradients are averaged over them, BatchNorm
  /// sees all of them. Outlives the learner, and is the objective's too.
  Collective* collective = &single_rank();
  bool bfloat16 = false;  ///< encoder and heads compute in it, see Bfloat16; all else in float32
  std::int64_t bucket_bytes = 25 << 20;  ///< of gradients in one message between ranks
};

/// One optimizer step at a time, of any objective with any encoder. [main thread]
class Learner {
 public:
  explicit Learner(LearnerParts parts);

  /// encode → embed → loss → backward → optimizer → after_optimizer_step, on one batch of views (N,
  /// C, H, W each; N is a multiple of `chunks`). A loss or a gradient that is not finite throws
  /// Error(guard) that names the step, the tensor and its plugin. Whatever is thrown, all state is
  /// as it was before, unless `torn`.
  StepResult step(std::span<const at::Tensor> views, const StepContext& context);

  /// Whether views of one size, role and target, where they are not `joint`, pass the encoder as
  /// one batch with BatchNorm's statistics of their own: see EncodingParts. At first they do not.
  void pass_together(bool on) { together_ = on; }
  /// What that would change beside the time, tried with `views`, a few rows of each: nothing
  /// (empty), unless the encoder draws random numbers, has its rows meet elsewhere than in
  /// BatchNorm, counts batches or tells views apart. State and random state stay as they were.
  std::string difference_together(std::span<const at::Tensor> views);

  /// The views of all ranks, in their order; every rank must ask. After a step that threw
  /// Error(guard), which all ranks throw together.
  std::vector<at::Tensor> of_all_ranks(std::span<const at::Tensor> views);

  /// Returns when every rank has asked.
  void wait_for_ranks();

  /// The Euclidean length of the gradient of the last step.
  double gradient_norm() const { return parts_.optimizer->gradient_norm(); }

  /// Whether the last step threw when weights were being changed: they are of no step then.
  bool torn() const { return torn_; }

  Encoder& encoder() { return *parts_.encoder; }
  Objective& objective() { return *parts_.objective; }
  Optimizer& optimizer() { return *parts_.optimizer; }

 private:
  /// Of one group, in float32 at least.
  Embedding heads(const Latents& latents, const ViewContext& context);
  /// The heads, group by group.
  void embed(std::span<const at::Tensor> views, std::span<const Group> groups,
             const std::vector<Latents>& latents, StepResult& result);
  void backward(const at::Tensor& total, Encoding& encoding);
  /// All of a step but its changes.
  void find_gradients(std::span<const at::Tensor> views, const StepContext& context,
                      StepResult& result);
  void require_finite_gradients(const StepContext& context);
  std::vector<Stateful*> networks() { return {parts_.encoder.get(), parts_.objective.get()}; }

  LearnerParts parts_;
  GradientMean mean_;
  Statistics before_;  // the step
  bool torn_ = false;
  bool together_ = false;
  Statistics moved_;  // by the step's first passes
};

}  // namespace tandem::train
