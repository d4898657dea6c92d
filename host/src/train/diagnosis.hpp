#pragma once

#include "tandem/sdk/collective.hpp"
#include "tandem/sdk/encoder.hpp"
#include "tandem/sdk/objective.hpp"
#include "train/encoding.hpp"
#include "train/optimizer.hpp"

#include <span>
#include <string>
#include <vector>

namespace tandem::train {

/// What a step has made so far, for whoever asks where a number stopped being finite.
struct StepTensors {
  std::span<const at::Tensor> views;
  Encoder& encoder;
  Objective& objective;
  std::span<const Group> groups;        ///< of views, as they pass the encoder
  const std::vector<Latents>& latents;  ///< one a group
  std::span<const Embedding> embeddings;
};

/// Names the plugins of a step for messages.
struct PluginNames {
  std::string backbone, objective;
  std::vector<std::string> operations = {};  ///< of each view, "a, b"; none where nobody knows
};

/// The first tensor in the way of the data (views, weights, latents, embeddings) that holds a NaN
/// or an infinity, what it is of and whose: "the latents of view 1 (backbone 'resnet18'): 3 of 512
/// values are nan". Where all are finite it is the loss itself. Of several ranks, which must all
/// ask, the one that it came from tells. [main thread]
std::string first_not_finite(const StepTensors& step, const PluginNames& names,
                             Collective& collective);

/// The gradient nearest to the loss that is not finite; empty where all are.
std::string first_gradient_not_finite(const Optimizer& optimizer, const PluginNames& names);
/// Likewise of the parameters themselves.
std::string first_parameter_not_finite(const Optimizer& optimizer, const PluginNames& names);

}  // namespace tandem::train
