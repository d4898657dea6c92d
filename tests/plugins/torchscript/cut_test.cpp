// Which layers can be named, which files are taken, and what is said of the others.
#include "catch.hpp"
#include "scripted.hpp"

#include <ATen/record_function.h>
#include <torch/csrc/jit/runtime/interpreter.h>

#include <algorithm>
#include <stdexcept>

using scripted::make;

namespace {

/// What is said, or "" where nothing is.
std::string refusal(const std::string& file, const std::string& tap = "", bool trust = true) {
  try {
    make(file, tap, trust);
  } catch (const tandem::Error& error) {
    CHECK(error.kind() == tandem::ErrorKind::config);
    return error.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool equal_runs(tandem::Backbone& one, tandem::Backbone& other, const at::Tensor& view) {
  torch::manual_seed(1);
  const auto first = one.forward(view);
  torch::manual_seed(1);
  return torch::equal(first, other.forward(view));
}

at::Tensor pictures(std::int64_t n) {
  return torch::rand({n, 3, 16, 16}, torch::kFloat64);
}

}  // namespace

TEST_CASE("a layer is named by its path, by indices, and by a call's number") {
  const auto view = pictures(3);
  const auto same = [&](const std::string& file, const std::string& a, const std::string& b) {
    return equal_runs(*make(file, a), *make(file, b), view);
  };
  CHECK(same("resnet.pt", "-1", "fc"));
  CHECK(same("resnet.pt", "-2", "avgpool"));
  CHECK(same("resnet.pt", "0", "conv1"));
  CHECK(same("resnet.pt", "layer2.-1.relu", "layer2.1.relu"));
  CHECK(same("vgg.pt", "features.-3", "features.3"));
  CHECK(same("vgg.pt", "-1.-1", ""));
  CHECK(same("reused.pt", "block#1", "block"));
  CHECK_FALSE(same("reused.pt", "block#2", "block"));
  CHECK(same("reused.pt", "block.2#3", "block#3"));
}

TEST_CASE("of several calls the first is tapped, and the log says so") {
  scripted::KeepLog log;
  make("resnet.pt", "layer1.0.relu", true, log);
  CHECK(has(log.text, "forward calls layer 'layer1.0.relu' 2 times; call 1 is tapped"));
  scripted::KeepLog second;
  make("resnet.pt", "layer1.0.relu#2", true, second);
  CHECK(has(second.text, "call 2 is tapped"));
  scripted::KeepLog silent;
  make("resnet.pt", "layer1.0", true, silent);
  CHECK(silent.text.empty());
  CHECK(has(refusal("resnet.pt", "layer1.0.relu#3"), "calls layer 'layer1.0.relu' 2 times"));
  CHECK(has(refusal("resnet.pt", "fc#0"), "'fc' 1 times"));
}

TEST_CASE("layers are listed outermost first, those that can be cut at") {
  const auto layers = make("resnet.pt", "conv1")->layers();
  const std::vector<std::string> outer = {"conv1",  "bn1",    "relu",    "maxpool",
                                          "layer1", "layer2", "avgpool", "fc"};
  REQUIRE(layers.size() > outer.size());
  CHECK(std::equal(outer.begin(), outer.end(), layers.begin()));
  CHECK(std::count(layers.begin(), layers.end(), "layer2.0.downsample.1") == 1);
  CHECK(std::count(layers.begin(), layers.end(), "layer1.0.relu#2") == 1);
  CHECK(make("hidden.pt")->layers() == std::vector<std::string>{"stem", "last", "pair.inner"});
}

TEST_CASE(
    "a layer that cannot be cut at is refused with the reason, an unknown one with near ones") {
  const std::string inside = "inside a condition, a loop or a 'with' of forward";
  CHECK(has(refusal("resnet.pt", "avgpol"), "no layer 'avgpol'; did you mean 'avgpool'"));
  CHECK(has(refusal("resnet.pt", "-9"), "no layer '-9'"));
  CHECK(has(refusal("resnet.pt", "layer1..relu"), "no layer 'layer1..relu'"));
  CHECK(has(refusal("resnet.pt", "layer1."), "no layer 'layer1.'"));
  CHECK(has(refusal("resnet.pt", "#2"), "no layer '#2'"));
  CHECK(has(refusal("hidden.pt", "looped"), inside));
  CHECK(has(refusal("hidden.pt", "sometimes"), inside));
  CHECK(has(refusal("hidden.pt", "quiet"), inside));
  CHECK(has(refusal("hidden.pt", "never"), "never called by forward"));
  CHECK(has(refusal("hidden.pt", "pair"), "returns Tuple[Tensor, Tensor] instead of one tensor"));
  CHECK(has(refusal("transformer.pt", "blocks.0.norm1"), inside));
  CHECK(has(refusal("pair.pt"), "returns Tuple[Tensor, Tensor] instead of one tensor"));
  CHECK(has(refusal("two_inputs.pt"), "needs the argument 'mask'"));
}

TEST_CASE("a file that is no scripted model is refused with the reason and the remedy") {
  CHECK(has(refusal(""), "needs a 'file'"));
  CHECK(has(refusal("missing.pt"), "does not exist"));
  CHECK(has(refusal("."), "is not a file"));
  for (const char* file : {"text.pt", "cut_off.pt", "old_weights.pt"})
    CHECK(has(refusal(file), "is not a TorchScript file, or is cut off; torch.jit.script("));
  CHECK(has(refusal("weights.pt"), "holds weights or a pickled model (torch.save)"));
  CHECK(has(refusal("frozen.pt"), "was frozen (torch.jit.freeze"));
  const std::string remedy = "save the model with torch.jit.script instead";
  CHECK(has(refusal("traced_eval.pt"), "batch_norm of the model is fixed in evaluation mode"));
  CHECK(has(refusal("traced_eval.pt"), remedy));
  CHECK(has(refusal("traced_train.pt"), "batch_norm of the model is fixed in training mode"));
}

TEST_CASE("every kind of layer that a trace fixes in a mode is refused") {
  const std::string layer = GENERATE("lstm", "gru", "rnn", "instance_norm");
  CAPTURE(layer);
  CHECK(has(refusal("traced_" + layer + "_train.pt"), "is fixed in training mode"));
  CHECK(has(refusal("traced_" + layer + "_eval.pt"), "is fixed in evaluation mode"));
}

TEST_CASE(
    "attention that a trace has fixed in training is refused; in evaluation nothing tells it") {
  CHECK(has(refusal("traced_attention_train.pt"),
            "scaled_dot_product_attention of the model is fixed in training mode"));
  CHECK(refusal("traced_attention_eval.pt") == "");
}

TEST_CASE("layers of the same kinds that have no mode are taken") {
  for (const char* file : {"traced_plain_lstm_train.pt", "traced_plain_instance_norm_eval.pt"})
    CHECK(refusal(file) == "");
}

TEST_CASE("a traced model is taken where nothing in it is fixed") {
  CHECK(refusal("traced_no_modes.pt") == "");
  CHECK(refusal("traced_eval.pt", "features.0") == "");
}

TEST_CASE("without trust no file is opened") {
  const std::string message = refusal("resnet.pt", "", false);
  CHECK(has(message, "runs the code that comes with '"));
  CHECK(has(message, "set backbone.trust = true"));
  CHECK(refusal("missing.pt", "", false).find("does not exist") == std::string::npos);
}

TEST_CASE("equal calls give equal bits, the first as the tenth, for any number of pictures") {
  for (const std::string model : {"resnet", "vit", "transformer"}) {
    for (const bool training : {false, true}) {
      const auto net = make(model + ".pt");
      net->train(training);
      const auto four = pictures(4), seven = pictures(7);
      torch::manual_seed(2);
      const auto first = net->forward(four);
      for (int i = 0; i < 5; ++i) {
        net->forward(seven);
        torch::manual_seed(2);
        CHECK(torch::equal(net->forward(four), first));
      }
    }
  }
}

TEST_CASE("a first pass without a graph gives the bits of the second with one") {
  for (const std::string model : {"resnet", "vit", "transformer"}) {
    const auto net = make(model + ".pt");
    net->train(true);
    const auto view = pictures(4);
    const auto without = [&] {
      const at::NoGradGuard no_grad;
      torch::manual_seed(2);
      return net->forward(view);
    }();
    torch::manual_seed(2);
    CHECK(torch::equal(net->forward(view), without));
  }
}

TEST_CASE("a script that writes into its input leaves the host's alone") {
  const auto net = make("in_place.pt");
  const auto view = pictures(2), before = view.clone();
  const auto first = net->forward(view);
  CHECK(torch::equal(view, before));
  CHECK(torch::equal(net->forward(view), first));
}

TEST_CASE("the fast path that a transformer takes without gradients gives the same values") {
  const auto net = make("transformer.pt");
  net->train(false);
  const auto view = pictures(4);
  const auto slow = net->forward(view);
  const at::NoGradGuard no_grad;
  CHECK(torch::allclose(net->forward(view), slow, 0, 1e-12));
}

TEST_CASE("each network is a copy of its own") {
  const auto one = make("resnet.pt", "avgpool"), two = make("resnet.pt", "avgpool");
  const auto view = pictures(2);
  CHECK(equal_runs(*one, *two, view));
  {
    const at::NoGradGuard no_grad;
    for (const auto& item : tandem::state_of(*one).parameters) item.tensor.add_(1);
  }
  CHECK_FALSE(equal_runs(*one, *two, view));
}

TEST_CASE("weights of two names are one parameter, and stay one in another type") {
  const auto net = make("reused.pt");
  net->to(at::kCPU, at::kFloat);
  const auto parameters = scripted::named(tandem::state_of(*net).parameters);
  CHECK(parameters.count("first.weight") + parameters.count("second.weight") == 1);
  net->forward(torch::rand({2, 3, 16, 16})).sum().backward();
  CHECK(parameters.at("first.weight").grad().defined());
}

TEST_CASE("moving a network keeps whole numbers whole") {
  const auto net = make("resnet.pt");
  net->to(at::kCPU, at::kFloat);
  for (const auto& [name, tensor] : scripted::named(tandem::state_of(*net).buffers))
    CHECK(tensor.scalar_type() == (has(name, "num_batches") ? at::kLong : at::kFloat));
  CHECK(net->forward(torch::rand({2, 3, 16, 16})).scalar_type() == at::kFloat);
}

TEST_CASE("batches and weights in channels-last memory give the same values") {
  for (const std::string model : {"resnet", "vgg", "vit"}) {
    const auto net = make(model + ".pt"), other = make(model + ".pt");
    net->train(false), other->train(false);
    for (const auto& item : tandem::state_of(*net).parameters)
      if (item.tensor.dim() == 4)
        item.tensor.set_data(item.tensor.contiguous(at::MemoryFormat::ChannelsLast));
    const auto view = pictures(3);
    const auto out = net->forward(view.contiguous(at::MemoryFormat::ChannelsLast));
    CHECK(torch::allclose(out, other->forward(view), 0, 1e-12));
  }
}

TEST_CASE(
    "a layer whose call the graph does not show is refused, and what stands before it taken") {
  const auto hidden = [](const std::string& file, const std::string& tap,
                         const std::string& start) {
    const std::string message = refusal(file, tap);
    INFO(message);
    CHECK(has(message, start + ", where its weights are out of sight"));
  };
  const std::string interface = "layer 'middle' is called through a torch.jit.interface";
  for (const char* tap : {"", "last", "middle"}) hidden("interface.pt", tap, interface);
  for (const char* tap : {"", "last"})
    hidden("fork.pt", tap, "layer 'middle' is called by torch.jit.fork");
  hidden("forkedmethod.pt", "", "a part of the model is called by torch.jit.fork");
  hidden("chosen.pt", "", "layer 'parts' is called through a torch.jit.interface");
  for (const char* file : {"interface.pt", "fork.pt", "forkedmethod.pt", "chosen.pt"}) {
    const auto weights = scripted::named(tandem::state_of(*make(file, "first")).parameters);
    CHECK(weights.size() == 2);
    CHECK(weights.count("first.weight") == 1);
  }
}

namespace {

tandem::Error failure(tandem::Backbone& net, const at::Tensor& view) {
  try {
    net.forward(view);
  } catch (const tandem::Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  throw std::logic_error("not reached");
}

at::Tensor of_width(std::int64_t width) {
  return torch::rand({2, 3, 4, width}, torch::kFloat64);
}

}  // namespace

TEST_CASE("an operator's own words reach the message") {
  const auto error = failure(*make("resnet.pt"), torch::rand({2, 1, 16, 16}, torch::kFloat64));
  CHECK(error.kind() == tandem::ErrorKind::plugin);
  CHECK(has(error.what(), "forward: Given groups=1"));
  CHECK(has(error.what(), "to have 3 channels, but got 1 channels"));
}

TEST_CASE("what a script raises is told in its own words, memory that ran out as such") {
  const auto net = make("faults.pt");
  const auto raised = failure(*net, of_width(1));
  CHECK(raised.kind() == tandem::ErrorKind::plugin);
  CHECK(has(raised.what(), "forward: one pixel is too few"));
#ifdef __SANITIZE_ADDRESS__  // whose operator new ends the process where others throw
  const auto widths = {2};
#else
  const auto widths = {2, 3};
#endif
  for (const int width : widths) {
    const auto error = failure(*net, of_width(width));
    INFO(error.what());
    CHECK(error.kind() == tandem::ErrorKind::resource);
  }
  net->forward(of_width(4));
}

namespace {

bool expected_flag = false;
int others = 0, operators = 0;

std::unique_ptr<at::ObserverContext> look(const at::RecordFunction&) {
  ++operators;
  others += FLAGS_torch_jit_enable_rethrow_caught_exception != expected_flag;
  return nullptr;
}

}  // namespace

TEST_CASE("a forward pass leaves LibTorch's settings of the process alone, while it runs too") {
  const auto net = make("faults.pt");
  for (const bool embedder : {true, false}) {
    FLAGS_torch_jit_enable_rethrow_caught_exception = expected_flag = embedder;
    const auto handle = at::addThreadLocalCallback(at::RecordFunctionCallback(look));
    net->forward(of_width(4));
    CHECK(has(failure(*net, of_width(1)).what(), "forward: one pixel is too few"));
    at::removeCallback(handle);
    CHECK(FLAGS_torch_jit_enable_rethrow_caught_exception == embedder);
  }
  CHECK(operators > 0);
  CHECK(others == 0);
}
