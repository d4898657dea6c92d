#include "conformance/network.hpp"

#include "conformance/instance.hpp"
#include "conformance/values.hpp"
#include "roles/state.hpp"
#include "tandem/base/error.hpp"

#include <ATen/core/grad_mode.h>

#include <optional>

namespace tandem::conformance {
namespace {

std::unique_ptr<Backbone> make_with(const Subject& subject, const ParamValues& values,
                                    const BackboneContext& context) {
  return plugin_call("construction", [&] {
    try {
      return subject.factory_as<BackboneFactory>().create(values, context);
    } catch (const Error& error) {
      skip_without_text(subject, error);
      throw;
    }
  });
}

std::unique_ptr<Backbone> make(const Subject& subject, const BackboneContext& context) {
  try {
    return make_with(subject, small_values(subject), context);
  } catch (const Violation&) {
    return make_with(subject, default_values(subject), context);
  }
}

}  // namespace

Network::Network(const Subject& subject, const InputShape& shape, const NetworkOptions& options) {
  BackboneContext context;
  context.tap = options.tap;
  context.channels = shape.channels;
  context.trust = subject.trust;
  context.log = subject.log == nullptr ? &null_log() : subject.log;
  roles::seed_generators(subject.seed, "backbone", options.variant);
  backbone_ = make(subject, context);
  expect(backbone_ != nullptr, "the factory made nothing");
  to(options.type);
  train(false);
}

at::Tensor Network::forward(const at::Tensor& pictures) {
  at::Tensor output = plugin_call("forward", [&] { return backbone_->forward(pictures); });
  expect(output.defined(), "forward gave an undefined tensor");
  return output;
}

std::vector<std::string> Network::layers() {
  return plugin_call("layers", [&] { return backbone_->layers(); });
}

void Network::train(bool on) {
  plugin_call("train", [&] { backbone_->train(on); });
}

void Network::to(at::ScalarType type) {
  plugin_call("to", [&] { backbone_->to(at::kCPU, type); });
}

InputShape input_of(const Subject& subject) {
  std::optional<Violation> first;
  const at::NoGradGuard no_grad;
  for (const std::int64_t channels : {3, 1}) {
    for (const auto& [height, width] :
         {std::pair{32, 32}, std::pair{1, 256}, std::pair{224, 224}}) {
      const InputShape shape{channels, height, width};
      try {
        Network network(subject, shape);
        network.forward(pictures_of(subject, shape, 2));
        return shape;
      } catch (const Violation& refusal) {
        if (!first) first = refusal;
      }
    }
  }
  throw Violation(Log::join("it takes no pictures of 3 channels or 1, 32x32, 1x256 or 224x224: ",
                            first->what()));
}

at::Tensor pictures_of(const Subject& subject, const InputShape& shape, std::int64_t count,
                       at::ScalarType type, std::uint64_t salt) {
  return normals({count, shape.channels, shape.height, shape.width}, subject.seed * 1009 + salt,
                 type);
}

}  // namespace tandem::conformance
