#include "conformance/backbone_checks.hpp"
#include "conformance/network.hpp"

#include <torch/types.h>

#include <algorithm>

namespace tandem::conformance::backbone {
namespace {

constexpr std::int64_t batch = 4;

void expect_finite_rows(const at::Tensor& output, const at::Tensor& input, const std::string& of) {
  expect(output.dim() >= 2 && output.size(0) == input.size(0), "the output of ", of,
         " has the shape ", output.sizes());
  expect(all_finite(output), "the output of ", of, " is not finite");
}

/// A text that is empty by default names what is made: its factory knows no more than that.
bool comes_from_a_file(const Subject& subject) {
  const auto& params = subject.schema().schema->params;
  return std::any_of(params.begin(), params.end(), [](const Param& param) {
    return param.fallback == ParamValue(std::string());
  });
}

}  // namespace

void batch_of_one(const Subject& subject) {
  const InputShape shape = input_of(subject);
  const at::NoGradGuard no_grad;
  Network network(subject, shape);
  const at::Tensor picture = pictures_of(subject, shape, 1);
  expect_finite_rows(network.forward(picture), picture, "one picture in eval mode");
  network.train(true);
  try {
    expect_finite_rows(network.forward(picture), picture, "one picture in training mode");
  } catch (const Thrown&) {
    // BatchNorm may refuse a single value.
  }
}

void odd_sizes(const Subject& subject) {
  const InputShape usual = input_of(subject);
  const at::NoGradGuard no_grad;
  const bool series = usual.height == 1;
  for (const auto& [height, width] : {std::pair{33, 29}, std::pair{7, 5}, std::pair{1, 1}}) {
    const InputShape shape{usual.channels, series ? 1 : height, width};
    Network network(subject, shape);
    const at::Tensor pictures = pictures_of(subject, shape, batch);
    try {
      expect_finite_rows(network.forward(pictures), pictures,
                         Log::join("pictures of ", height, "x", width));
    } catch (const Thrown&) {
      // A size may be refused, with an exception that has a text.
    }
  }
}

void any_channels(const Subject& subject) {
  InputShape shape = input_of(subject);
  const at::NoGradGuard no_grad;
  for (const std::int64_t channels : {1, 3, 4}) {
    shape.channels = channels;
    std::unique_ptr<Network> network;
    try {
      network = std::make_unique<Network>(subject, shape);
    } catch (const Thrown&) {
      continue;
    }
    const at::Tensor pictures = pictures_of(subject, shape, batch);
    try {
      expect_finite_rows(network->forward(pictures), pictures,
                         Log::join("pictures of ", channels, " channels"));
    } catch (const Thrown& error) {
      if (comes_from_a_file(subject))
        throw NotApplicable(Log::join("its file decides on the channels: ", error.what()));
      throw Violation(Log::join("made for ", channels, " channels, but ", error.what(),
                                "; a number of channels is refused when the backbone is made"));
    }
  }
}

void any_memory_layout(const Subject& subject) {
  const InputShape shape = input_of(subject);
  const at::NoGradGuard no_grad;
  Network network(subject, shape);
  const at::Tensor plain = pictures_of(subject, shape, batch);
  const at::Tensor expected = network.forward(plain);
  const at::Tensor last = plain.contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor strided = at::stack({plain, at::full_like(plain, 1e30)}, -1).select(-1, 0);
  for (const auto& [pictures, name] :
       {std::pair{last, "channels-last"}, std::pair{strided, "strided"}}) {
    const double off = distance(network.forward(pictures), expected);
    expect(off <= 1e-4, "the output of ", name, " pictures is off by ", off, " (relative)");
  }
}

void output_outlives_the_instance(const Subject& subject) {
  const InputShape shape = input_of(subject);
  const at::Tensor pictures = pictures_of(subject, shape, batch);
  const auto gradient = [&](bool outlive) {
    Network network(subject, shape);
    const auto input = pictures.clone().requires_grad_();
    const at::Tensor output = network.forward(input);
    if (outlive) {
      const OverwriteFreed overwrite;
      network.drop();
      overwrite.rest();
    }
    plugin_call("backward", [&] { output.square().sum().backward(); });
    return input.grad();
  };
  expect(same_bits(gradient(false), gradient(true)),
         "backward gives another gradient once the backbone is gone: the graph points into it");
}

}  // namespace tandem::conformance::backbone
