#include "catch.hpp"
#include "models.hpp"

using namespace tandem;
using namespace tandem::test;

namespace {

const auto heads = "projector = [4]";

host::Learner at_layer(const host::Model& model, const host::Layer& layer, Log* log = nullptr) {
  host::LearnerOptions options;
  options.parameters = heads;
  options.log = log;
  host::Learner learner(model, layer, options, torch::ones({3, 6}));
  learner.eval();
  return learner;
}

std::string refusal(const host::Model& model, const std::string& layer) {
  return error_of(ErrorKind::config, [&] { at_layer(model, layer); });
}

torch::nn::Sequential chain() {
  return torch::nn::Sequential(torch::nn::Linear(6, 5), torch::nn::Tanh(),
                               Block(torch::nn::Linear(5, 4), torch::nn::Linear(4, 2)),
                               torch::nn::Linear(2, 7));
}

/// A module with layers that nothing can interrupt, and no tap.
struct OpaqueImpl : torch::nn::Module {
  torch::nn::Sequential features{torch::nn::Linear(6, 5), torch::nn::Linear(5, 2)};
  OpaqueImpl() { register_module("features", features); }
  at::Tensor forward(const at::Tensor& x) { return features->forward(x); }
};
TORCH_MODULE(Opaque);

}  // namespace

TEST_CASE("a child of a Sequential: by index, from the end") {
  torch::manual_seed(5);
  auto model = chain();
  const auto x = torch::randn({3, 6});
  const auto zero = torch::linear(x, model[0]->named_parameters()["weight"],
                                  model[0]->named_parameters()["bias"]);
  CHECK(torch::equal(at_layer(model, 0).latents(x), zero));
  CHECK(torch::equal(at_layer(model, "1").latents(x), torch::tanh(zero)));
  CHECK(torch::equal(at_layer(model, -4).latents(x), zero));
  CHECK(torch::equal(at_layer(model, -1).latents(x), model->forward(x)));
  CHECK(torch::equal(at_layer(model, "").latents(x), model->forward(x)));
  CHECK(at_layer(model, "2").width() == 2);
}

TEST_CASE("a child of a Sequential by its name; its own names come before taps") {
  torch::nn::Sequential model(
      {{"stem", torch::nn::Linear(6, 5)}, {"last", torch::nn::Linear(5, 6)}});
  model->push_back("net", Net());
  CHECK(at_layer(model, "stem").width() == 5);
  CHECK(at_layer(model, "last").width() == 6);
  CHECK(at_layer(model, "first").width() == 5);
  CHECK(at_layer(model, "again#2").width() == 5);
  CHECK(contains(refusal(model, "steam"), "has no layer 'steam'; did you mean 'stem'"));
}

TEST_CASE("a class derived from Sequential is not cut inside: training may show more of it") {
  const auto remedy =
      " runs inside a forward of its own: name its output there by x = tandem::tap(";
  CHECK(contains(refusal(chain(), "2.0"),
                 "'2.0' of 'torch::nn::SequentialImpl'" + std::string(remedy)));
  Dropping model(torch::nn::Linear(6, 4), torch::nn::Linear(4, 100));
  CHECK(contains(refusal(model, "1"), remedy));
  auto learner = at_layer(model, "");
  learner.train();
  const auto latents = learner.latents(torch::ones({8, 6}));
  CHECK(latents.eq(0).sum().item<int>() > 400);  // nine of ten
}

TEST_CASE("layers that change their input in place, before and behind the cut") {
  torch::manual_seed(16);
  const auto in_place = [] {
    return torch::nn::LeakyReLU(torch::nn::LeakyReLUOptions().negative_slope(0.5).inplace(true));
  };
  torch::nn::Sequential model(torch::nn::Linear(6, 5), in_place(), torch::nn::Linear(5, 4),
                              in_place());
  const auto x = torch::randn({3, 6});
  const auto first = model[0]->named_parameters(), last = model[2]->named_parameters();
  const auto zero = torch::linear(x, first["weight"], first["bias"]);
  const auto leaky = torch::where(zero > 0, zero, zero / 2);
  CHECK(torch::equal(at_layer(model, 0).latents(x), zero));
  CHECK(torch::allclose(at_layer(model, 1).latents(x), leaky));
  CHECK(torch::allclose(at_layer(model, 2).latents(x),
                        torch::linear(leaky, last["weight"], last["bias"])));
}

TEST_CASE("a tap in the user's forward: it ends there") {
  torch::manual_seed(6);
  Net net;
  const auto x = torch::randn({3, 6});
  net->eval();
  const auto hidden = torch::relu(net->norm(net->first(x)));
  const auto once = torch::tanh(net->again(hidden));
  const auto twice = torch::tanh(net->again(once));
  CHECK(torch::equal(at_layer(net, "first").latents(x), hidden));
  CHECK(torch::equal(at_layer(net, "last").latents(x), net->last(twice)));
  CHECK(net->heads_run == 0);
}

TEST_CASE("a layer that is used twice: the first time, unless said otherwise, and it is told") {
  torch::manual_seed(7);
  Net net;
  const auto x = torch::randn({3, 6});
  net->eval();
  const auto once = torch::tanh(net->again(torch::relu(net->norm(net->first(x)))));
  KeepLog log;
  CHECK(torch::equal(at_layer(net, "again", &log).latents(x), once));
  CHECK(contains(log.text, "tap 'again', the first time that forward passes it"));
  KeepLog second;
  CHECK(torch::equal(at_layer(net, "again#2", &second).latents(x), torch::tanh(net->again(once))));
  CHECK(contains(second.text, "latents: tap 'again#2' of"));
  CHECK(contains(refusal(net, "again#3"), "did you mean 'again#2'"));
}

TEST_CASE("an unknown layer is told with the nearest ones") {
  Net net;
  CHECK(contains(refusal(net, "frist"), "has no layer 'frist'; did you mean 'first'"));
  CHECK(contains(refusal(net, "encoder.block"),
                 "its layers are 'first', 'again', 'again#2', 'last'"));
  CHECK(contains(refusal(net, "head"), "'head' of"));
  Opaque opaque;
  CHECK(at_layer(opaque, "").width() == 2);
  CHECK(contains(refusal(opaque, "features.0"),
                 "name its output there by x = tandem::tap(\"features.0\", x);"));
  CHECK(contains(refusal(opaque, "layer3"),
                 "since it names none: write x = tandem::tap(\"layer3\", x);"));
}

TEST_CASE("what can be named, with shapes") {
  std::string list;
  for (const auto& layer : host::layers(chain(), torch::ones({2, 6}))) {
    list += layer.name + ":" + std::to_string(layer.shape.back()) + " ";
  }
  CHECK(list == "0:5 1:5 2:2 3:7 ");
  list.clear();
  Net net;
  for (const auto& layer : host::layers(net, torch::ones({2, 6}))) list += layer.name + " ";
  CHECK(list == "first again again#2 last ");
}

TEST_CASE("a tap costs nothing and changes nothing unless an encoder asks") {
  const auto x = torch::ones({2});
  CHECK(tap("any", x).is_same(x));
  CHECK_FALSE(run_to_tap("other", [&] { CHECK(tap("any", x).is_same(x)); }).defined());
  // A forward within a forward has its own request, also where the inner one ends early.
  int ran_on = 0;
  const auto outer = run_to_tap("b", [&] {
    const auto inner = run_to_tap("a", [&] {
      tap("b", x);
      tap("a", x + 1);
      ++ran_on;
    });
    CHECK(torch::equal(inner, x + 1));
    tap("a", x);
    tap("b", x + 2);
    ++ran_on;
  });
  CHECK(torch::equal(outer, x + 2));
  CHECK(ran_on == 0);
}

TEST_CASE("only what the latents depend on is trained") {
  Net net;
  KeepLog log;
  const auto learner = at_layer(net, "again", &log);
  CHECK(names_of(learner) == std::vector<std::string>{"backbone.first.weight",
                                                      "backbone.first.bias", "backbone.norm.weight",
                                                      "backbone.norm.bias", "backbone.again.weight",
                                                      "backbone.again.bias",
                                                      "objective.projector.0.weight"});
  CHECK(contains(log.text,
                 "not trained, since the tapped layer does not depend on them: "
                 "last.weight, last.bias, head.weight, head.bias"));
}

TEST_CASE("a sample that does not suit the model") {
  Net net;
  host::LearnerOptions options;
  CHECK(contains(error_of(ErrorKind::usage,
                          [&] {
                            host::Learner(net, "last", options, torch::ones({3, 5}));
                          }),
                 "NetImpl', forward of the sample: mat1 and mat2"));
  CHECK(contains(
      error_of(ErrorKind::usage, [&] { host::Learner(net, "last", options, at::Tensor()); }),
      "the sample must be a batch"));
  torch::nn::Sequential flat(torch::nn::Flatten(torch::nn::FlattenOptions().start_dim(0)));
  CHECK(contains(error_of(ErrorKind::usage,
                          [&] {
                            host::Learner(flat, 0, options, torch::ones({3, 5}));
                          }),
                 "your model 'torch::nn::SequentialImpl': layer '0' turned a batch of shape [2, 5] "
                 "into [10]"));
}

TEST_CASE("views of two sizes whose latents differ in width") {
  torch::nn::Sequential model(torch::nn::Conv2d(3, 4, 3));
  host::LearnerOptions options;
  options.parameters = heads;
  options.pool = "flatten";
  host::Learner learner(model, 0, options, torch::ones({4, 3, 8, 8}));
  const auto large = torch::ones({4, 3, 8, 8}), small = torch::ones({4, 3, 6, 6});
  CHECK(contains(error_of(ErrorKind::config, [&] { learner(large, small); }),
                 "a view of shape [4, 3, 6, 6] has latents 64 wide, one of [2, 3, 8, 8] 144"));
}
