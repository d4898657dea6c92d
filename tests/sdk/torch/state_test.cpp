// What copies and averages the state of one thing into another, and refuses what does not fit.
#include "catch.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/module.hpp"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

using namespace tandem;

namespace {

/// A Linear behind another: every weight is `value`.
torch::nn::Sequential net(double value, std::int64_t middle = 3, bool last_bias = true) {
  torch::nn::Sequential made(
      torch::nn::Linear(2, middle),
      torch::nn::Linear(torch::nn::LinearOptions(middle, 1).bias(last_bias)));
  const torch::NoGradGuard no_grad;
  for (auto& parameter : made->parameters()) parameter.fill_(value);
  return made;
}

class Net final : public WithModules<Stateful> {
 public:
  explicit Net(const torch::nn::Sequential& modules) { add("", modules); }
};

/// What the call throws as Error(internal).
template <class Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::internal);
    return error.what();
  }
  return "nothing";
}

bool all_are(const torch::nn::Sequential& modules, double value) {
  for (const auto& parameter : modules->parameters())
    if (!parameter.eq(value).all().item<bool>()) return false;
  return true;
}

struct Misfit {
  torch::nn::Sequential target, online;
  std::string culprit;  ///< the first parameter that does not fit
};

/// A Linear that is 1 wide would be laid over one that is 3 wide; the last bias comes after three
/// parameters that fit.
std::vector<Misfit> misfits() {
  return {{net(1), net(2, 1), "'0.weight'"},
          {net(1, 1), net(2), "'0.weight'"},
          {net(1), net(2, 3, false), "'1.bias'"},
          {net(1, 3, false), net(2), "'1.bias'"}};
}

}  // namespace

TEST_CASE("a moving average takes two with the same parameters, and changes nothing of others") {
  const auto target = net(1), online = net(2);
  Net to(target), from(online);
  ema_update(to, from, 0.75);
  CHECK(all_are(target, 0.75 * 1 + 0.25 * 2));
  CHECK(all_are(online, 2));
  for (const auto& misfit : misfits()) {
    CAPTURE(misfit.culprit);
    Net one(misfit.target), other(misfit.online);
    const auto said = refusal([&] { ema_update(one, other, 0.75); });
    CHECK(said.starts_with("moving average: "));
    CHECK(said.find(misfit.culprit) != std::string::npos);
    CHECK(all_are(misfit.target, 1));
  }
}

TEST_CASE("a copy of a module's state takes two of one kind, and changes nothing of others") {
  auto target = net(1);
  copy_state(*target, *net(2));
  CHECK(all_are(target, 2));
  for (auto& misfit : misfits()) {
    CAPTURE(misfit.culprit);
    CHECK(refusal([&] { copy_state(*misfit.target, *misfit.online); }) ==
          "copy of a module's state: " + misfit.culprit + " does not match");
    CHECK(all_are(misfit.target, 1));
  }
  // Buffers count too: only one of these keeps running statistics.
  torch::nn::BatchNorm1d with(3);
  torch::nn::BatchNorm1d without(torch::nn::BatchNorm1dOptions(3).track_running_stats(false));
  CHECK(refusal([&] { copy_state(*with, *without); }).find("running_mean") != std::string::npos);
  CHECK(refusal([&] { copy_state(*without, *with); }).find("running_mean") != std::string::npos);
}
