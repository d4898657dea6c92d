#include "run/tap_shapes.hpp"

#include "roles/backbone.hpp"
#include "roles/pooling.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <exception>
#include <string_view>

namespace tandem::run {
namespace {

std::string no_latents(const at::Tensor& output) {
  return Log::join("gives a tensor of shape ", output.sizes(),
                   ", and not several numbers for each picture");
}

class Taps {
 public:
  Taps(const config::Config& config, plugin::Catalog& catalog, const data::Shape& input)
      : config_(config),
        found_(catalog.find_as<BackboneFactory>(Role::backbone, config.backbone.id)),
        pooling_(config.backbone_host.pool),
        input_(input) {}

  std::vector<std::string> names() const { return made(config_.backbone_host.tap)->layers(); }

  TapShape shape(const std::string& layer) const {
    TapShape result{layer, {}, 0, ""};
    try {
      const auto backbone = made(layer);
      backbone->train(false);
      const at::Tensor output =
          backbone->forward(at::zeros({2, input_.channels, input_.height, input_.width}));
      if (output.dim() < 2) throw Error(ErrorKind::config, no_latents(output));
      result.output = output.sizes().slice(1).vec();
      result.width = pooling_(output).size(1);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::resource) throw;
      result.problem = error.what();
    } catch (const std::exception& error) {  // of LibTorch's, with a trace behind the first line
      const std::string_view text = error.what();
      result.problem = text.substr(0, text.find('\n'));
    }
    return result;
  }

 private:
  std::unique_ptr<Backbone> made(const std::string& tap) const {
    const BackboneContext context{tap, input_.channels, config_.backbone_host.trust, &null_log()};
    auto backbone = roles::make_backbone(found_, config_.backbone.values, context);
    backbone->to(at::kCPU, at::kFloat);
    return backbone;
  }

  const config::Config& config_;
  plugin::Found<BackboneFactory> found_;
  roles::Pooling pooling_;
  data::Shape input_;
};

}  // namespace

std::vector<TapShape> tap_shapes(const config::Config& config, plugin::Catalog& catalog,
                                 const data::Shape& input) {
  const at::NoGradGuard no_grad;
  const Taps taps(config, catalog, input);
  std::vector<TapShape> shapes;
  for (const auto& layer : taps.names()) shapes.push_back(taps.shape(layer));
  return shapes;
}

}  // namespace tandem::run
