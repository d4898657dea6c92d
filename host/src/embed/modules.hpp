#pragma once

#include "tandem/host/model.hpp"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace tandem::host {

/// Keeps the modes and buffers of a module and of all in it for the scope's length.
class KeepModule {
 public:
  explicit KeepModule(const torch::nn::Module& module);
  ~KeepModule();
  KeepModule(const KeepModule&) = delete;
  KeepModule& operator=(const KeepModule&) = delete;

 private:
  struct Buffer {
    at::Tensor tensor, value;
    std::int64_t version;
  };
  std::vector<std::pair<std::shared_ptr<torch::nn::Module>, bool>> modes_;
  std::vector<Buffer> buffers_;
};

/// A second module like the model's, with its modes, flags, device and types; with its weights too
/// for `copy`, which leaves random state alone. Throws Error(usage) where it is not said how to
/// make one, or where what was made is of another structure.
std::shared_ptr<torch::nn::Module> another_module(const Model& model, bool copy);

}  // namespace tandem::host
