#pragma once

#include <torch/csrc/jit/api/module.h>

#include <string>

namespace torchscript {

/// Loads a TorchScript file to the CPU; a weight of two names is one tensor, as it was when saved.
/// Throws tandem::Error(config) for what is no such file, and for one whose weights are constants.
torch::jit::Module open_archive(const std::string& file);

}  // namespace torchscript
