#pragma once

#include "tandem/base/error.hpp"
#include "tandem/host/learner.hpp"
#include "tandem/sdk/tap.hpp"

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tandem::test {

/// A user's module: three named layers, the second of them used twice, and a head behind them that
/// counts how often it runs. Cloneable, as torch::nn wants it: what it has is made in `reset`.
struct NetImpl : torch::nn::Cloneable<NetImpl> {
  torch::nn::Linear first{nullptr}, again{nullptr}, last{nullptr}, head{nullptr};
  torch::nn::BatchNorm1d norm{nullptr};
  int heads_run = 0;

  NetImpl() { reset(); }
  void reset() override {
    first = register_module("first", torch::nn::Linear(6, 5));
    norm = register_module("norm", torch::nn::BatchNorm1d(5));
    again = register_module("again", torch::nn::Linear(5, 5));
    last = register_module("last", torch::nn::Linear(5, 4));
    head = register_module("head", torch::nn::Linear(4, 3));
  }
  at::Tensor forward(at::Tensor x) {
    x = tandem::tap("first", torch::relu(norm(first(x))));
    x = tandem::tap("again", torch::tanh(again(x)));
    x = tandem::tap("again", torch::tanh(again(x)));
    x = tandem::tap("last", last(x));
    ++heads_run;
    return head(x);
  }
};
TORCH_MODULE(Net);

/// Children of a `torch::nn::Sequential` must have a forward that is no template.
struct BlockImpl : torch::nn::SequentialImpl {
  using SequentialImpl::SequentialImpl;
  at::Tensor forward(at::Tensor x) { return SequentialImpl::forward(std::move(x)); }
};
TORCH_MODULE(Block);

/// Derived from Sequential; more than its children in order, which training alone shows.
struct DroppingImpl : torch::nn::SequentialImpl {
  using SequentialImpl::SequentialImpl;
  at::Tensor forward(at::Tensor x) {
    return torch::dropout(SequentialImpl::forward(std::move(x)), 0.9, is_training());
  }
};
TORCH_MODULE(Dropping);

class KeepLog final : public Log {
 public:
  void write(LogLevel, std::string_view message) override { text += std::string(message) + "\n"; }
  std::string text;
};

/// The message of the Error of `kind` that `action` throws; what happened instead otherwise.
inline std::string error_of(ErrorKind kind, const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.kind() == kind ? error.what() : "wrong kind: " + std::string(error.what());
  }
  return "no error";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline std::vector<std::string> names_of(const host::Learner& learner) {
  std::vector<std::string> names;
  for (const auto& parameter : learner.named_parameters()) names.push_back(parameter.name);
  return names;
}

}  // namespace tandem::test
