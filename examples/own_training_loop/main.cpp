// An objective of a plugin on a model, a loader and a loop of your own.
#include <tandem/base/error.hpp>
#include <tandem/host/learner.hpp>
#include <tandem/sdk/tap.hpp>

#include <torch/nn.h>
#include <torch/optim.h>

#include <cstdio>
#include <utility>
#include <vector>

namespace host = tandem::host;

namespace {

/// Your model, with one line more: it names the layer to learn from.
struct NetImpl : torch::nn::Module {
  torch::nn::Sequential trunk{torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 16, 3).bias(false)),
                              torch::nn::BatchNorm2d(16), torch::nn::ReLU(),
                              torch::nn::Conv2d(torch::nn::Conv2dOptions(16, 32, 3).stride(2))};
  torch::nn::Linear head{32, 10};

  NetImpl() {
    register_module("trunk", trunk);
    register_module("head", head);
  }
  torch::Tensor forward(torch::Tensor x) {
    x = tandem::tap("trunk", trunk->forward(x));
    return head(x.mean({2, 3}));
  }
};
TORCH_MODULE(Net);

/// Your loader: two views of each picture, here random patterns under noise.
using Loader = std::vector<std::pair<torch::Tensor, torch::Tensor>>;
Loader make_loader(int batches) {
  Loader loader;
  for (int i = 0; i < batches; ++i) {
    const auto picture =
        torch::randn({64, 1, 4, 4}).repeat_interleave(4, 2).repeat_interleave(4, 3);
    loader.emplace_back(picture + 0.3 * torch::randn_like(picture),
                        picture + 0.3 * torch::randn_like(picture));
  }
  return loader;
}

std::vector<double> train(Net& model, const Loader& loader) {
  std::vector<double> losses;
  host::Learner learner(
      model, "trunk",
      {.objective = "barlow_twins", .parameters = "projector = [64, 64]\nlambda = 0.0039"},
      loader.front().first);
  torch::optim::Adam adam(learner.parameters(), 1e-3);
  for (const auto& [x1, x2] : loader) {
    const auto loss = learner(x1, x2);
    adam.zero_grad();
    loss.backward();
    adam.step();
    learner.step_done();
    losses.push_back(loss.item<double>());
  }
  std::printf("on the diagonal (1 - c)^2 is %.4f at the end\n", learner.metric("on_diag"));
  return losses;
}

/// The same where latents are at hand, whatever makes them: here a layer of your own.
std::vector<double> train_on_latents(const Loader& loader) {
  std::vector<double> losses;
  torch::nn::Linear own(16 * 16, 32);
  host::Learner learner(32, {.objective = "simsiam", .parameters = "projector = [64, 64]"});
  torch::optim::Adam adam(learner.parameters(), 1e-3);
  adam.add_param_group(torch::optim::OptimizerParamGroup(own->parameters()));
  for (const auto& [x1, x2] : loader) {
    const auto loss = learner.from_latents({own(x1.flatten(1)), own(x2.flatten(1))});
    adam.zero_grad();
    loss.backward();
    adam.step();
    learner.step_done();
    losses.push_back(loss.item<double>());
  }
  return losses;
}

bool fell(const char* name, const std::vector<double>& losses) {
  std::printf("%s: loss %.3f at first, %.3f after %zu steps\n", name, losses.front(), losses.back(),
              losses.size());
  return losses.back() < losses.front();
}

}  // namespace

int main() {
  try {
    torch::manual_seed(0);
    const Loader loader = make_loader(100);
    Net model;
    const bool good = fell("barlow_twins on a model", train(model, loader));
    return fell("simsiam on latents", train_on_latents(loader)) && good ? 0 : 1;
  } catch (const tandem::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.kind());
  }
}
