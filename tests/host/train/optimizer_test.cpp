#include "train/optimizer.hpp"
#include "catch.hpp"
#include "tandem/base/error.hpp"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace tandem;
using namespace tandem::train;

namespace {

at::Tensor leaf(std::vector<std::int64_t> shape, double value = 1) {
  return at::full(shape, value, at::kDouble).requires_grad_();
}

void set_grad(const at::Tensor& tensor, double value) {
  tensor.mutable_grad() = at::full_like(tensor, value).detach();
}

double first(const at::Tensor& tensor) {
  return tensor.flatten()[0].item<double>();
}

SgdOptions plain_sgd(double lr) {
  SgdOptions options;
  options.lr = lr;
  options.momentum = 0;
  return options;
}

class Buffers final : public StateVisitor {
 public:
  void parameter(std::string_view, const at::Tensor&) override { FAIL("an optimizer has none"); }
  void buffer(std::string_view name, const at::Tensor& tensor) override {
    names.emplace_back(name);
    all[std::string(name)] = tensor;
  }
  std::vector<std::string> names;
  std::map<std::string, at::Tensor> all;
};

}  // namespace

TEST_CASE("biases and norms have their own rate and no decay", "[optimizer]") {
  const auto weight = leaf({2, 2});
  const auto bias = leaf({2});
  auto options = plain_sgd(0.5);
  options.bias_lr = 0.125;
  options.weight_decay = 0.5;
  std::vector<TrainedParameter> parameters{{"w", weight, false, false}, {"b", bias, true, false}};

  SECTION("by default") {
    const auto optimizer = make_optimizer(parameters, options);
    set_grad(weight, 1);
    set_grad(bias, 1);
    optimizer->step(1);
    CHECK(first(weight) == 0.25);  // 1 - 0.5 · (1 + 0.5)
    CHECK(first(bias) == 0.875);   // 1 - 0.125 · 1
    CHECK(optimizer->bias_lr() == 0.125);
  }
  SECTION("decay where it is asked for") {
    options.decay_bias_norm = true;
    const auto optimizer = make_optimizer(parameters, options);
    set_grad(bias, 1);
    optimizer->step(1);
    CHECK(first(bias) == 0.8125);  // 1 - 0.125 · (1 + 0.5)
  }
  SECTION("the rate of weights where none is given") {
    options.bias_lr = -1;
    const auto optimizer = make_optimizer(parameters, options);
    set_grad(bias, 1);
    optimizer->step(1);
    CHECK(first(bias) == 0.5);
  }
}

TEST_CASE("LARS adapts biases only where they decay", "[optimizer]") {
  const auto bias = leaf({4}, 2);  // of length 4
  LarsOptions options;
  options.lr = 1;
  options.eta = 0.5;
  const auto step = [&] {
    const auto optimizer = make_optimizer({{"b", bias, true, false}}, options);
    set_grad(bias, 0.5);  // of length 1
    optimizer->step(1);
    return first(bias);
  };
  SECTION("excluded") {
    CHECK(step() == 1.5);
  }
  SECTION("included") {
    options.decay_bias_norm = true;
    CHECK(step() == 1);  // 2 - 0.5 · (4 / 1) · 0.5
  }
}

TEST_CASE("a scheduled rate spares what keeps its rate", "[optimizer]") {
  const auto scheduled = leaf({2, 2});
  const auto constant = leaf({2, 2});
  const auto optimizer = make_optimizer(
      {{"a", scheduled, false, false}, {"b", constant, false, true}}, plain_sgd(0.5));
  set_grad(scheduled, 1);
  set_grad(constant, 1);
  optimizer->step(0.25);
  CHECK(first(scheduled) == 0.875);
  CHECK(first(constant) == 0.5);
}

TEST_CASE("rates grow with the batch they are given for", "[optimizer]") {
  auto options = plain_sgd(0.2);
  options.bias_lr = 0.0048;
  CHECK(make_optimizer({}, options)->lr() == 0.2);
  options.lr_per = 256;
  const auto optimizer = make_optimizer({}, options, 2048);
  CHECK(std::abs(optimizer->lr() - 1.6) < 1e-15);
  CHECK(std::abs(optimizer->bias_lr() - 0.0384) < 1e-15);
  options.bias_lr = -1;
  CHECK(std::abs(make_optimizer({}, options, 128)->bias_lr() - 0.1) < 1e-15);
  CHECK_THROWS_AS(make_optimizer({}, options), Error);
}

TEST_CASE("Nesterov without momentum is refused", "[optimizer]") {
  auto options = plain_sgd(0.1);
  options.nesterov = true;
  CHECK_THROWS_AS(make_optimizer({}, options), Error);
}

TEST_CASE("options of one dialect of LARS are refused with another", "[optimizer]") {
  LarsOptions options;
  options.clip_lr = true;
  CHECK_THROWS_AS(make_optimizer({}, options), Error);
  options.dialect = LarsDialect::solo;
  CHECK_NOTHROW(make_optimizer({}, options));
  options = {};
  options.dialect = LarsDialect::lightly;
  CHECK_THROWS_AS(make_optimizer({}, options), Error);
  options.weight_decay = 1e-6;
  CHECK_NOTHROW(make_optimizer({}, options));
}

TEST_CASE("a parameter without a gradient stays, and so does its state", "[optimizer]") {
  const auto value = leaf({3, 3});
  AdamOptions options;
  options.weight_decay = 0.1;
  options.decoupled = true;
  const auto optimizer = make_optimizer({{"w", value, false, false}}, options);
  optimizer->step(1);
  CHECK(first(value) == 1);
  Buffers state;
  optimizer->visit(state);
  CHECK(state.all.at("w.step").item<std::int64_t>() == 0);
}

TEST_CASE("zero_grad leaves no gradient", "[optimizer]") {
  const auto value = leaf({2, 2});
  const auto optimizer = make_optimizer({{"w", value, false, false}}, plain_sgd(0.1));
  set_grad(value, 1);
  optimizer->zero_grad();
  CHECK(!value.grad().defined());
}

TEST_CASE("state moved to a fresh optimizer continues the trajectory", "[optimizer]") {
  AdamOptions options;
  options.lr = 0.01;
  const auto one = leaf({4, 3});
  const auto two = leaf({4, 3});
  const auto whole = make_optimizer({{"w", one, false, false}}, options);
  const auto before = make_optimizer({{"w", two, false, false}}, options);
  const auto after = make_optimizer({{"w", two, false, false}}, options);
  for (int i = 0; i < 6; ++i) {
    if (i == 3) {
      Buffers from, to;
      before->visit(from);
      after->visit(to);
      REQUIRE(from.names == std::vector<std::string>{"w.mean", "w.square", "w.step"});
      REQUIRE(from.names == to.names);
      for (const auto& [name, tensor] : to.all) tensor.copy_(from.all.at(name));
    }
    set_grad(one, i - 2);
    set_grad(two, i - 2);
    whole->step(1);
    (i < 3 ? before : after)->step(1);
  }
  CHECK(at::equal(one, two));
}

TEST_CASE("channels-last weights are updated in place, whatever their gradient's layout",
          "[optimizer]") {
  at::manual_seed(3);
  const auto start = at::randn({6, 4, 3, 3}, at::kDouble);
  const auto grad = at::randn_like(start);
  SgdOptions options;
  options.weight_decay = 0.1;
  const auto updated = [&](at::MemoryFormat value_format, at::MemoryFormat grad_format) {
    const auto value = start.clone().contiguous(value_format).requires_grad_();
    const auto optimizer = make_optimizer({{"w", value, false, false}}, options);
    value.mutable_grad() = grad.contiguous(grad_format);
    for (int i = 0; i < 3; ++i) optimizer->step(1);
    CHECK(value.is_contiguous(value_format));
    return value.detach().contiguous();
  };
  const auto plain = at::MemoryFormat::Contiguous;
  const auto last = at::MemoryFormat::ChannelsLast;
  const auto expected = updated(plain, plain);
  CHECK(at::allclose(updated(last, last), expected, 1e-14, 1e-14));
  CHECK(at::allclose(updated(last, plain), expected, 1e-14, 1e-14));
}

TEST_CASE("large parameters give the same on any number of threads", "[optimizer]") {
  at::manual_seed(5);
  const auto start = at::randn({300, 701});
  const auto grad = at::randn({300, 701});
  const int threads = at::get_num_threads();
  const auto updated = [&](int count) {
    at::set_num_threads(count);
    const auto value = start.clone().requires_grad_();
    const auto optimizer = make_optimizer({{"w", value, false, false}}, LarsOptions{});
    value.mutable_grad() = grad.clone();
    for (int i = 0; i < 3; ++i) optimizer->step(1);
    return value.detach();
  };
  const auto one = updated(1);
  CHECK(at::equal(updated(2), one));
  CHECK(at::equal(updated(3), one));
  at::set_num_threads(threads);
}

TEST_CASE("autograd notices an update", "[optimizer]") {
  const auto value = leaf({2, 2}, 3);
  const auto optimizer = make_optimizer({{"w", value, false, false}}, plain_sgd(0.1));
  const auto square = (value * value).sum();
  set_grad(value, 1);
  optimizer->step(1);
  CHECK_THROWS(square.backward());
}
