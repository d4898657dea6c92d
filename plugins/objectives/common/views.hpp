#pragma once

#include "tandem/base/error.hpp"
#include "tandem/sdk/objective.hpp"

#include <ATen/Functions.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What the objectives of this folder share: checks and sums over the views of a batch.
namespace tandem::views {

inline void require_two(std::string_view objective, std::size_t count) {
  if (count >= 2) return;
  throw Error(ErrorKind::config,
              std::string(objective) +
                  " compares the views of a picture and needs two or more, not " +
                  std::to_string(count) + ": add a [[view]]");
}

/// Losses are computed in float32, or in float64 where that is what came.
inline at::ScalarType loss_type(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

inline at::Tensor in_loss_type(const at::Tensor& tensor) {
  return tensor.to(loss_type(tensor));
}

/// Rows of length 1; a row whose square is below 1e-12 is divided by the root of that, as
/// TensorFlow's l2_normalize has it.
inline at::Tensor l2_normalise(const at::Tensor& tensor) {
  const at::Tensor rows = in_loss_type(tensor);
  return rows * rows.square().sum(1, /*keepdim=*/true).clamp_min(1e-12).rsqrt();
}

/// View `online` predicts view `target`.
struct Pair {
  std::size_t online;
  std::size_t target;
};

/// All ordered pairs of two views of which the first has an online and the second a target
/// embedding.
inline std::vector<Pair> predictions(std::string_view objective, std::span<const Embedding> views) {
  require_two(objective, views.size());
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < views.size(); ++i) {
    for (std::size_t j = 0; j < views.size(); ++j) {
      if (i != j && views[i].online.defined() && views[j].target.defined()) pairs.push_back({i, j});
    }
  }
  if (pairs.empty()) {
    throw Error(
        ErrorKind::config,
        std::string(objective) +
            " has no view to predict: let one [[view]] or more have target = true; in a loop "
            "of your own, from_latents wants the target's latents too");
  }
  return pairs;
}

/// Predictions and targets of all views as rows of unit length; undefined where a view has none.
struct Directions {
  std::vector<at::Tensor> online;
  std::vector<at::Tensor> target;  ///< without a gradient
};

/// `unit_rows` scales the rows of a tensor as the objective's paper does.
template <class UnitRows>
Directions directions(std::span<const Embedding> views, const UnitRows& unit_rows) {
  Directions all;
  for (const Embedding& view : views) {
    all.online.push_back(view.online.defined() ? unit_rows(view.online) : at::Tensor());
    all.target.push_back(view.target.defined() ? unit_rows(view.target.detach()) : at::Tensor());
  }
  return all;
}

/// How far embeddings of unit length (N, D) spread over the local batch: the standard deviation of
/// each feature, averaged over features and tensors. About 1/√D when all is well, 0 after a
/// collapse.
inline at::Tensor spread(const std::vector<at::Tensor>& unit) {
  std::vector<at::Tensor> means;
  for (const auto& tensor : unit) {
    if (tensor.defined()) means.push_back(tensor.detach().std(0, /*unbiased=*/false).mean());
  }
  return at::stack(means).mean();
}

}  // namespace tandem::views
