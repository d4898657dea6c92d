#pragma once

#include <torch/csrc/jit/ir/ir.h>

namespace torchscript {

/// Throws tandem::Error(config) where the graph, with its calls inlined, runs a layer without
/// showing how: the weights in there would neither be trained nor saved, and their modes not be
/// checked. Such are calls through a torch.jit.interface, torch.jit.fork, and a layer that is
/// chosen as the model runs.
void refuse_hidden_calls(const torch::jit::Graph& graph);

}  // namespace torchscript
