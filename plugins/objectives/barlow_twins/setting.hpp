#pragma once

#include "loss.hpp"

#include <torch/csrc/autograd/variable.h>
#include <torch/custom_class.h>

#include <cstddef>

namespace tandem::barlow_twins {

/// What the forward and the backward of the loss share.
struct Setting final : torch::CustomClassHolder {
  double lambda = 0;
  Form form = Form::gram;
  double batch = 0;  ///< rows of all ranks
  std::size_t views = 0;
  Collective* collective = nullptr;

  double pairs() const { return static_cast<double>(views * (views - 1)) / 2; }

  /// Calls `body(pair, a, b)` for all views a < b.
  template <class Body>
  void for_pairs(const Body& body) const {
    std::size_t pair = 0;
    for (std::size_t a = 0; a < views; ++a) {
      for (std::size_t b = a + 1; b < views; ++b) body(pair++, a, b);
    }
  }
};

}  // namespace tandem::barlow_twins
