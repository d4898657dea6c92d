#include "train/gradient_mean.hpp"

#include "catch.hpp"
#include "tandem/sdk/testing.hpp"
#include "train/process_group.hpp"
#include "train/run_collective.hpp"

#include <torch/torch.h>

#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

using namespace tandem;
using train::GradientMean;
using Parameters = std::vector<train::TrainedParameter>;

namespace {

/// Two ranks that always have the same: a sum is twice the own.
class Twins final : public train::RunCollective {
 public:
  int rank() const override { return 0; }
  int size() const override { return 2; }
  at::Tensor all_reduce_sum(const at::Tensor& tensor) override { return tensor * 2; }
  at::Tensor all_gather(const at::Tensor& tensor) override { return at::cat({tensor, tensor}); }
  void start_sum(const at::Tensor& tensor) override {
    started.push_back(tensor);
    if (during_backward) ++early;
  }
  void finish_sum() override { started.at(finished++).mul_(2); }
  void drop_sums() noexcept override { finished = started.size(); }
  void in_step(bool) override {}

  std::vector<at::Tensor> started;
  std::size_t finished = 0;
  int early = 0;
  bool during_backward = false;
};

Parameters leaves(const std::vector<std::string>& names) {
  Parameters parameters;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto value = at::arange(6, at::kDouble).add(static_cast<double>(i)).div(7);
    parameters.push_back({names[i], value.reshape({2, 3}).requires_grad_()});
  }
  return parameters;
}

/// Runs both ranks of a group over loopback, one a thread.
void on_two_ranks(const std::function<void(train::ProcessGroup&)>& body) {
  const train::RankStore store;
  std::exception_ptr failures[2];
  const auto run = [&](int rank) {
    try {
      train::RankPlace place;
      place.rank = rank;
      place.size = 2;
      place.port = store.port();
      place.launcher_store = true;
      train::ProcessGroup group(place);
      body(group);
      group.finish();
    } catch (...) {
      failures[rank] = std::current_exception();
    }
  };
  std::thread other(run, 1);
  run(0);
  other.join();
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

/// One gradient a parameter; undefined ones count as absent.
std::vector<at::Tensor> gradients(const Parameters& parameters) {
  std::vector<at::Tensor> list;
  for (const auto& parameter : parameters) {
    const at::Tensor& grad = parameter.tensor.grad();
    list.push_back(grad.defined() ? grad.clone() : grad);
  }
  return list;
}

constexpr std::int64_t one_each = 1;  // byte: every parameter is a bucket of its own

/// A loss with collectives in its backward, which comes to the parameters in another order on each
/// rank; rank 0 alone uses "once", nobody "never".
at::Tensor crossing_loss(Collective& collective, const Parameters& parameters, int step) {
  const auto leaf = [&](std::size_t i) { return parameters[i].tensor; };
  const double scale = 1 + collective.rank() + 0.1 * step;
  const auto first = [&] {
    return collective.all_reduce_sum((leaf(0) * scale).tanh()).square().sum();
  };
  const auto second = [&] {
    return collective.all_reduce_sum((leaf(1) * leaf(2) * scale).sin()).sum();
  };
  // Collectives are called in one order; what hangs on them is added up in another.
  const at::Tensor a = first(), b = second();
  const at::Tensor c = (leaf(3) * scale).exp().sum();
  at::Tensor total = collective.rank() == 0 ? (a + b) + c : c + (b + a);
  if (collective.rank() == 0) total = total + leaf(4).square().sum();
  return total;
}

const std::vector<std::string> names = {"a", "b", "c", "d", "once", "never"};

void require(bool yes, const std::string& what) {
  if (!yes) throw std::runtime_error(what);
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  return a.defined() == b.defined() && (!a.defined() || at::equal(a, b));
}

}  // namespace

TEST_CASE("gradients become their mean over ranks; unused ones count as zero, or stay none") {
  for (const std::int64_t bucket : {std::int64_t{1}, std::int64_t{40}, std::int64_t{1} << 20}) {
    testing::run_ranks(3, [&](Collective& collective) {
      const int rank = collective.rank();
      Parameters parameters;
      for (const char* name : {"all", "one", "none", "maps", "narrow"}) {
        at::Tensor tensor = torch::zeros({2, 3}, at::kDouble);
        if (std::string(name) == "maps")
          tensor =
              torch::zeros({2, 3, 2, 2}, at::kDouble).contiguous(at::MemoryFormat::ChannelsLast);
        if (std::string(name) == "narrow") tensor = torch::zeros({4}, at::kFloat);
        parameters.push_back({name, tensor.requires_grad_()});
      }
      const auto set = [&](std::size_t i, const at::Tensor& value) {
        parameters[i].tensor.mutable_grad() = value;
      };
      const at::Tensor maps = torch::arange(24, at::kDouble).reshape({2, 3, 2, 2});
      set(0, torch::full({2, 3}, rank + 1.0, at::kDouble));
      if (rank == 1) set(1, torch::full({2, 3}, 6.0, at::kDouble));
      set(3, (maps * (rank + 1)).contiguous(at::MemoryFormat::ChannelsLast));
      set(4, torch::full({4}, 3.0f * static_cast<float>(rank), at::kFloat));
      GradientMean(collective, parameters, bucket).finish();
      const auto grad = [&](std::size_t i) { return parameters[i].tensor.grad(); };
      const bool right = torch::equal(grad(0), torch::full({2, 3}, 2.0, at::kDouble)) &&
                         torch::equal(grad(1), torch::full({2, 3}, 2.0, at::kDouble)) &&
                         !grad(2).defined() && torch::allclose(grad(3), maps * 2) &&
                         torch::equal(grad(4), torch::full({4}, 3.0f));
      if (!right) throw std::runtime_error("a gradient is not the mean");
    });
  }
}

TEST_CASE("buckets go during the backward pass, in one order; the last one after it") {
  const bool other_way = GENERATE(false, true);
  CAPTURE(other_way);
  Twins ranks;
  const auto parameters = leaves({"a", "b", "c"});
  GradientMean mean(ranks, parameters, one_each);
  const auto leaf = [&](std::size_t i) { return parameters[i].tensor; };
  // a·b·c in either order: c's gradient comes first, or a's.
  const at::Tensor chain = other_way ? (leaf(2).exp() * leaf(1)).exp() * leaf(0)
                                     : (leaf(0).exp() * leaf(1)).exp() * leaf(2);
  mean.begin();
  ranks.during_backward = true;
  chain.sum().backward();
  ranks.during_backward = false;
  CHECK(ranks.early == 2);
  const auto own = gradients(parameters);
  mean.finish();
  REQUIRE(ranks.started.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const at::Tensor sent = ranks.started[2 - i].narrow(0, 0, 6).reshape({2, 3});
    CHECK(at::equal(sent, own[i] * 2));
    CHECK(at::equal(parameters[i].tensor.grad(), own[i]));
  }
}

TEST_CASE("a gradient that changes after it went is sent again, and from then on all go last") {
  Twins ranks;
  const auto parameters = leaves({"a", "b"});
  GradientMean mean(ranks, parameters, one_each);
  const auto step = [&] {
    for (const auto& parameter : parameters) parameter.tensor.mutable_grad().reset();
    ranks.early = 0;
    mean.begin();
    ranks.during_backward = true;
    (parameters[0].tensor * parameters[1].tensor).sum().backward();
    ranks.during_backward = false;
    parameters[1].tensor.mutable_grad().mul_(3);  // as a pass within the pass would
    const auto own = gradients(parameters);
    mean.finish();
    for (std::size_t i = 0; i < own.size(); ++i)
      CHECK(at::equal(parameters[i].tensor.grad(), own[i]));
  };
  step();
  CHECK(ranks.early == 1);
  CHECK(ranks.started.size() == 4);
  step();
  CHECK(ranks.early == 0);
  CHECK(ranks.started.size() == 6);
}

TEST_CASE("nothing is watched any more once it is gone, and nothing goes that was given up") {
  Twins ranks;
  const auto parameters = leaves({"a", "b"});
  {
    GradientMean mean(ranks, parameters, one_each);
    mean.begin();
    (parameters[0].tensor * parameters[1].tensor).sum().backward();
    mean.abandon();
    CHECK(ranks.finished == 1);
    mean.begin();
  }
  (parameters[0].tensor * parameters[1].tensor).sum().backward();
  CHECK(ranks.started.size() == 1);
}

TEST_CASE("two ranks: the same bits during a backward pass as after it, and the mean") {
  std::mutex mutex;
  std::map<int, std::vector<at::Tensor>> own;  // by rank
  std::vector<at::Tensor> means;
  on_two_ranks([&](train::ProcessGroup& group) {
    const auto early = leaves(names), late = leaves(names);
    GradientMean during(group, early, one_each), after(group, late, one_each);
    for (int step = 0; step < 20; ++step) {
      for (const auto* parameters : {&early, &late})
        for (const auto& parameter : *parameters) parameter.tensor.mutable_grad().reset();
      during.begin();
      crossing_loss(group, early, step).backward();
      during.finish();
      crossing_loss(group, late, step).backward();
      const auto alone = gradients(late);
      after.finish();
      for (std::size_t i = 0; i < names.size(); ++i)
        require(same_bits(early[i].tensor.grad(), late[i].tensor.grad()), names[i] + " differs");
      if (step < 19) continue;
      const std::lock_guard lock(mutex);
      own[group.rank()] = alone;
      means = gradients(early);
    }
    require(group.traffic().operations > 0, "nothing was counted");
  });
  for (std::size_t i = 0; i < 4; ++i) CHECK(at::allclose(means[i], (own[0][i] + own[1][i]) / 2));
  CHECK(at::allclose(means[4], own[0][4] / 2));
  CHECK_FALSE(own[1][4].defined());
  CHECK_FALSE(means[5].defined());
}
