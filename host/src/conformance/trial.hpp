#pragma once

#include "conformance/checking.hpp"
#include "conformance/rule.hpp"
#include "tandem/sdk/objective.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace tandem::conformance {

struct TrialOptions {
  at::ScalarType type = at::kDouble;
  std::uint64_t variant = 0;  ///< another one: other random weights, the same pictures
  int views = 2;
  std::int64_t batch = 8;
  Collective* collective = nullptr;  ///< null: one rank
  std::int64_t total_steps = 100;
};

/// An objective of the subject over a small encoder with a BatchNorm and a Linear, in training
/// mode, and pictures for it of 3×2×2. All that it does follows from the subject's seed and the
/// options. What the plugin throws is a Thrown; a loss that cannot be used is a Violation.
class Trial {
 public:
  explicit Trial(const Subject& subject, const TrialOptions& options = {});

  /// Views of batch `index`: of one shape, different but alike.
  std::vector<at::Tensor> views(std::uint64_t index = 0) const;
  /// Latents of each view without a graph, for those who start at `embed`.
  std::vector<Latents> latents(std::uint64_t index = 0);

  /// Seeds LibTorch's default generators, as the host does before each step.
  void seed(std::string_view stage, std::uint64_t index = 0) const;
  Latents encode(const at::Tensor& view, std::size_t index);
  Embedding embed(const Latents& latents, std::size_t index);
  std::vector<Embedding> embed_all(const std::vector<Latents>& latents);
  /// encode and embed.
  std::vector<Embedding> forward(const std::vector<at::Tensor>& views);
  /// A loss of no dimension that carries a gradient where there is a graph.
  Loss loss(std::span<const Embedding> views, std::int64_t step = 0);
  /// Clears the encoder's and the objective's gradients first.
  void backward(const at::Tensor& total);
  void after_optimizer_step(std::span<const Embedding> views, std::int64_t step);

  /// A whole training step on batch `index`, seeded by it, by plain SGD with the gradient's norm
  /// cut to 1. Returns the loss, detached.
  at::Tensor step(std::uint64_t index, double lr = 0.05);

  void train(bool on);
  void to(at::ScalarType type);
  /// What is trained, of the encoder and then of the objective.
  std::vector<NamedTensor> parameters();
  /// State of the encoder and of the objective, in this order.
  Snapshot state();
  /// Takes the other trial's state, by name.
  void take_state(Trial& other);

  Objective& objective() { return *objective_; }
  void drop_objective() { objective_.reset(); }
  Encoder& encoder() { return *encoder_; }
  const TrialOptions& options() const { return options_; }

 private:
  ViewContext view_context(std::size_t index) const;
  StepContext step_context(std::int64_t step) const;
  void descend(double lr);

  std::uint64_t seed_;
  TrialOptions options_;
  std::shared_ptr<Encoder> encoder_;
  std::unique_ptr<Objective> objective_;
};

/// A small encoder with BatchNorm: (N, 3, 2, 2) → (N, 6).
std::shared_ptr<Encoder> small_encoder(at::ScalarType type);

}  // namespace tandem::conformance
