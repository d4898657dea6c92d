#include "tandem/sdk/testing.hpp"

#include "tandem/base/error.hpp"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include <algorithm>
#include <barrier>
#include <cmath>
#include <exception>
#include <mutex>
#include <thread>

namespace tandem::testing {
namespace {

class ToyEncoder final : public Encoder {
 public:
  ToyEncoder(std::int64_t input, std::int64_t width)
      : width_(width), linear_(torch::nn::LinearOptions(input, width)) {
    linear_->to(torch::kFloat64);
  }
  at::Tensor operator()(const at::Tensor& view) override { return linear_(view.flatten(1)); }
  std::int64_t width() const override { return width_; }
  void visit(StateVisitor& visitor) override {
    visitor.parameter("weight", linear_->weight);
    visitor.parameter("bias", linear_->bias);
  }
  void train(bool on) override { linear_->train(on); }
  void to(at::Device device, at::ScalarType type) override { linear_->to(device, type); }

 private:
  std::int64_t width_;
  torch::nn::Linear linear_;
};

/// What the threads of an in-process group share: each puts a tensor in, all wait, each reads all.
class Group {
 public:
  explicit Group(int size) : slots_(static_cast<std::size_t>(size)), barrier_(size) {}

  std::vector<at::Tensor> exchange(int rank, const at::Tensor& own) {
    slots_[static_cast<std::size_t>(rank)] = own.detach().clone();
    barrier_.arrive_and_wait();
    auto all = slots_;
    barrier_.arrive_and_wait();
    return all;
  }

  at::Tensor sum(int rank, const at::Tensor& own) {
    const auto all = exchange(rank, own);
    at::Tensor total = all[0].clone();
    for (std::size_t i = 1; i < all.size(); ++i) total += all[i];
    return total;
  }

  /// Leaves the group, so that the others do not wait for a rank that has failed.
  void leave() { barrier_.arrive_and_drop(); }
  int size() const { return static_cast<int>(slots_.size()); }

 private:
  std::vector<at::Tensor> slots_;
  std::barrier<> barrier_;
};

struct ReduceSum : torch::autograd::Function<ReduceSum> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& tensor,
                            std::int64_t group, std::int64_t rank) {
    context->saved_data["group"] = group;
    context->saved_data["rank"] = rank;
    return reinterpret_cast<Group*>(group)->sum(static_cast<int>(rank), tensor);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    auto* group = reinterpret_cast<Group*>(context->saved_data["group"].toInt());
    const auto rank = static_cast<int>(context->saved_data["rank"].toInt());
    return {group->sum(rank, gradients[0]), {}, {}};
  }
};

struct Gather : torch::autograd::Function<Gather> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& tensor,
                            std::int64_t group, std::int64_t rank) {
    context->saved_data["group"] = group;
    context->saved_data["rank"] = rank;
    context->saved_data["rows"] = tensor.size(0);
    return torch::cat(reinterpret_cast<Group*>(group)->exchange(static_cast<int>(rank), tensor));
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    auto* group = reinterpret_cast<Group*>(context->saved_data["group"].toInt());
    const auto rank = context->saved_data["rank"].toInt();
    const auto rows = context->saved_data["rows"].toInt();
    const auto total = group->sum(static_cast<int>(rank), gradients[0]);
    return {total.narrow(0, rank * rows, rows), {}, {}};
  }
};

class ThreadRank final : public Collective {
 public:
  ThreadRank(Group& group, int rank) : group_(group), rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return group_.size(); }
  at::Tensor all_reduce_sum(const at::Tensor& tensor) override {
    detail::check_sum(tensor);
    return ReduceSum::apply(tensor, reinterpret_cast<std::int64_t>(&group_), std::int64_t{rank_});
  }
  at::Tensor all_gather(const at::Tensor& tensor) override {
    detail::check_gather(tensor);
    return Gather::apply(tensor, reinterpret_cast<std::int64_t>(&group_), std::int64_t{rank_});
  }

 private:
  Group& group_;
  int rank_;
};

void copy_tensors(const std::vector<NamedTensor>& to, const std::vector<NamedTensor>& from) {
  const auto fits = [](const NamedTensor& a, const NamedTensor& b) {
    return a.name == b.name && a.tensor.sizes() == b.tensor.sizes();
  };
  if (!std::equal(to.begin(), to.end(), from.begin(), from.end(), fits)) {
    throw Error(ErrorKind::internal,
                "copy of a state: the two do not have the same names and shapes");
  }
  for (std::size_t i = 0; i < to.size(); ++i) to[i].tensor.copy_(from[i].tensor);
}

double numeric_gradient(const std::function<at::Tensor(const std::vector<at::Tensor>&)>& function,
                        const std::vector<at::Tensor>& inputs, double* value, double epsilon) {
  const double saved = *value;
  *value = saved + epsilon;
  const double above = function(inputs).item<double>();
  *value = saved - epsilon;
  const double below = function(inputs).item<double>();
  *value = saved;
  return (above - below) / (2 * epsilon);
}

}  // namespace

std::shared_ptr<Encoder> toy_encoder(std::int64_t input, std::int64_t width) {
  return std::make_shared<ToyEncoder>(input, width);
}

ObjectiveContext toy_context(std::shared_ptr<Encoder> encoder, std::int64_t batch) {
  ObjectiveContext context;
  context.new_encoder = [encoder](Init init) -> std::shared_ptr<Encoder> {
    const auto weight = state_of(*encoder).parameters.front().tensor;
    auto made = std::make_shared<ToyEncoder>(weight.size(1), weight.size(0));
    if (init == Init::copy) ema_update(*made, *encoder, 0.0);
    return made;
  };
  context.encoder = std::move(encoder);
  context.collective = &single_rank();
  context.log = &null_log();
  context.global_batch = batch;
  context.steps_per_epoch = 10;
  context.total_steps = 100;
  return context;
}

void run_ranks(int ranks, const std::function<void(Collective&)>& body) {
  Group group(ranks);
  std::exception_ptr failure;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank] {
      ThreadRank collective(group, rank);
      try {
        body(collective);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
      }
      group.leave();
    });
  }
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

void copy_state(Stateful& to, const State& from) {
  const torch::NoGradGuard no_grad;
  const auto own = state_of(to);
  copy_tensors(own.parameters, from.parameters);
  copy_tensors(own.buffers, from.buffers);
}

double gradient_error(const std::function<at::Tensor(const std::vector<at::Tensor>&)>& function,
                      std::vector<at::Tensor> inputs, double epsilon) {
  for (auto& input : inputs) {
    input = input.detach().to(torch::kFloat64).contiguous().clone().set_requires_grad(true);
  }
  const auto analytic = torch::autograd::grad({function(inputs)}, inputs);
  double worst = 0;
  torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto gradient = analytic[i].contiguous();
    for (std::int64_t j = 0; j < gradient.numel(); ++j) {
      const double a = gradient.data_ptr<double>()[j];
      const double n =
          numeric_gradient(function, inputs, inputs[i].data_ptr<double>() + j, epsilon);
      worst = std::max(worst, std::abs(a - n) / std::max({1.0, std::abs(a), std::abs(n)}));
    }
  }
  return worst;
}

}  // namespace tandem::testing
