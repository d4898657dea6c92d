#pragma once

#include <torch/csrc/jit/ir/ir.h>

namespace torchscript {

/// Throws tandem::Error(config) where a BatchNorm or a dropout of the graph runs in one mode for
/// ever: torch.jit.trace writes the mode of the moment down as a constant.
void refuse_fixed_modes(const torch::jit::Graph& graph);

}  // namespace torchscript
