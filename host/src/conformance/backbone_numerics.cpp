#include "conformance/backbone_checks.hpp"
#include "conformance/network.hpp"

#include <torch/types.h>

#include <algorithm>
#include <set>

namespace tandem::conformance::backbone {
namespace {

constexpr std::int64_t batch = 4;

void expect_output(const at::Tensor& output, const at::Tensor& input, const std::string& of) {
  const bool shaped = output.dim() >= 2 && output.dim() <= 4 && output.size(0) == input.size(0);
  expect(shaped, of, " has the shape ", output.sizes(), " for ", input.size(0),
         " pictures; (N, F), (N, tokens, F) or (N, F, H, W) is expected");
  expect(output.device() == input.device(), of, " is on ", output.device(), ", its input on ",
         input.device());
  expect(output.scalar_type() == input.scalar_type(), of, " is ", output.scalar_type(),
         ", its input ", input.scalar_type());
  expect(output.numel() > 0 && all_finite(output), of, " is empty or not finite");
}

/// All of a short list, else some of it, evenly spread from the first to the last.
std::vector<std::string> some_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 64;
  if (names.size() <= most) return names;
  std::vector<std::string> chosen;
  for (std::size_t i = 0; i < most; ++i)
    chosen.push_back(names[i * (names.size() - 1) / (most - 1)]);
  return chosen;
}

void remove_all(std::string& text, const std::string& part) {
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos;)
    text.erase(at, part.size());
}

std::string unreached_parameters(Backbone& backbone) {
  std::string names;
  for (const auto& [name, tensor] : state_of(backbone).parameters) {
    if (!tensor.grad().defined()) names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

}  // namespace

void takes_pictures(const Subject& subject) {
  const InputShape shape = input_of(subject);
  const at::Tensor pictures = pictures_of(subject, shape, batch);
  Network network(subject, shape);
  expect_output(network.forward(pictures), pictures, "the output");
  if (shape.channels != InputShape{}.channels || shape.height != InputShape{}.height)
    subject.remark(Log::join("with ", shape.channels, "x", shape.height, "x", shape.width,
                             "; it refuses 3x32x32"));
}

void layers_are_named(const Subject& subject) {
  const InputShape shape = input_of(subject);
  Network network(subject, shape);
  const auto names = network.layers();
  expect(!names.empty(), "layers() is empty: nothing can be tapped");
  std::set<std::string> seen;
  for (const auto& name : names) {
    expect(!name.empty(), "layers() has an empty name");
    expect(seen.insert(name).second, "layers() names '", name, "' twice");
  }
  expect(network.layers() == names, "layers() gives other names the second time");
  expect(Network(subject, shape, {.tap = names.front()}).layers() == names,
         "layers() gives other names when '", names.front(), "' is tapped");
}

void every_layer_can_be_tapped(const Subject& subject) {
  const InputShape shape = input_of(subject);
  const at::Tensor pictures = pictures_of(subject, shape, batch);
  const at::NoGradGuard no_grad;
  for (const auto& name : some_of(Network(subject, shape).layers())) {
    Network network(subject, shape, {.tap = name});
    const std::string output = "the output of layer '" + name + "'";
    const at::Tensor in_eval = network.forward(pictures);
    expect_output(in_eval, pictures, output);
    network.train(true);
    const at::Tensor in_training = network.forward(pictures);
    expect_output(in_training, pictures, output + " in training mode");
    expect(in_eval.sizes() == in_training.sizes(), output, " has the shape ", in_eval.sizes(),
           " in eval mode and ", in_training.sizes(), " in training mode");
  }
}

void unknown_layer_is_refused(const Subject& subject) {
  const InputShape shape = input_of(subject);
  const std::string near = Network(subject, shape).layers().front(), unknown = near + "x";
  try {
    Network network(subject, shape, {.tap = unknown});
  } catch (const Thrown& error) {
    std::string text = error.what();
    remove_all(text, unknown);
    expect(text.size() < std::string(error.what()).size(), "the refusal of the unknown layer '",
           unknown, "' does not name it: ", error.what());
    expect(text.find(near) != std::string::npos, "the refusal of the unknown layer '", unknown,
           "' does not name the near one, '", near, "': ", error.what());
    return;
  }
  throw Violation(Log::join("a layer '", unknown, "', which is not among layers(), was accepted"));
}

void gradients_reach_parameters(const Subject& subject) {
  const InputShape shape = input_of(subject);
  Network network(subject, shape);
  network.train(true);
  const auto parameters = state_of(network.backbone()).parameters;
  expect(!parameters.empty(), "it has no parameters");
  const at::Tensor output = network.forward(pictures_of(subject, shape, batch));
  expect(output.requires_grad(), "the output carries no gradient");
  plugin_call("backward", [&] { (output * output).sum().backward(); });
  bool reached = false;
  for (const auto& [name, tensor] : parameters) {
    if (!tensor.grad().defined()) continue;
    expect(all_finite(tensor.grad()), "the gradient of '", name, "' is not finite");
    reached |= tensor.grad().abs().max().item<double>() > 0;
  }
  expect(reached, "no gradient reaches any parameter");
  const std::string unreached = unreached_parameters(network.backbone());
  if (subject.log != nullptr && !unreached.empty())
    subject.log->info("parameters that no gradient reaches: ", unreached);
}

void samples_are_independent(const Subject& subject) {
  const InputShape shape = input_of(subject);
  const at::NoGradGuard no_grad;
  Network network(subject, shape, {.type = at::kDouble});
  const at::Tensor pictures = pictures_of(subject, shape, batch, at::kDouble);
  const at::Tensor together = network.forward(pictures);
  for (std::int64_t i = 0; i < batch; ++i) {
    const double off =
        distance(network.forward(pictures.narrow(0, i, 1)), together.narrow(0, i, 1));
    expect(off <= 1e-8, "in eval mode the output of a picture alone is off by ", off,
           " (relative) from that among others");
  }
}

void works_in_float64(const Subject& subject) {
  constexpr double single_precision = 1e-3;
  const InputShape shape = input_of(subject);
  const at::NoGradGuard no_grad;
  Network network(subject, shape);
  const at::Tensor pictures = pictures_of(subject, shape, batch);
  const at::Tensor narrow = network.forward(pictures);
  network.to(at::kDouble);
  const at::Tensor input = pictures.to(at::kDouble), wide = network.forward(input);
  expect_output(wide, input, "after to(cpu, Double) the output");
  const double off = distance(narrow, wide);
  expect(off <= single_precision, "float32 and float64 outputs differ by ", off, " (relative)");
  expect(distance(wide.to(at::kFloat).to(at::kDouble), wide) > 0,
         "the output in float64 has the precision of float32");
}

}  // namespace tandem::conformance::backbone
