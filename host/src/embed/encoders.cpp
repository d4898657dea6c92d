#include "embed/encoders.hpp"

#include "embed/modules.hpp"
#include "embed/wrapped_module.hpp"
#include "plugin/guard.hpp"
#include "roles/backbone.hpp"
#include "roles/encoder.hpp"
#include "roles/state.hpp"
#include "tandem/base/error.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <optional>

namespace tandem::host {
namespace {

/// Two rows show the width.
at::Tensor rows_of(const at::Tensor& sample) {
  if (!sample.defined() || sample.dim() < 2 || sample.size(0) < 1)
    throw Error(ErrorKind::usage, "the sample must be a batch (N, …) as the model takes it");
  return sample.detach().narrow(0, 0, std::min<std::int64_t>(sample.size(0), 2)).clone();
}

/// Calls `look`, which runs a module of the caller's, in eval mode and without a graph.
template <class Look>
auto look_at(const Model& model, const Look& look) {
  const roles::KeepRandomState keep;
  const KeepModule as_it_was(*model.module());
  const at::NoGradGuard no_grad;
  model.module()->eval();
  try {
    return look();
  } catch (...) {
    plugin::rethrow_as_error("your model '" + model.module()->name() + "', forward of the sample",
                             ErrorKind::usage);
  }
}

std::shared_ptr<Encoder> wrap(std::shared_ptr<torch::nn::Module> module, const Cut& cut,
                              const Model& model, const roles::Pooling& pooling,
                              const at::Tensor& sample, Log& log) {
  const KeepModule as_it_was(*module);
  auto backbone = std::make_unique<WrappedModule>(std::move(module), cut, *model.module());
  return std::make_shared<roles::HostEncoder>(std::move(backbone), pooling, sample, log);
}

Encoders encoders_of_module(const Model& model, const Layer& layer, const EncoderOptions& options,
                            const at::Tensor& sample) {
  const Cut cut = look_at(model, [&] { return Cut(model, layer, sample); });
  const roles::Pooling pooling(options.pool);
  Encoders encoders;
  encoders.online = wrap(model.module(), cut, model, pooling, sample, *options.log);
  options.log->info("latents: ", cut.description(), " of '", model.module()->name(), "', ",
                    encoders.online->width(), " wide");
  encoders.another = [=](Init init) {
    auto module = another_module(model, init == Init::copy);
    return wrap(std::move(module), cut, model, pooling, sample, null_log());
  };
  return encoders;
}

std::shared_ptr<Encoder> make_from_plugin(const Chosen<BackboneFactory>& chosen,
                                          const BackboneContext& context, const std::string& pool,
                                          const at::Tensor& sample, Log& log) {
  auto backbone = [&] {
    const auto lock = lock_plugins();
    return roles::make_backbone(chosen.found, chosen.values, context);
  }();
  backbone->to(sample.device(), sample.is_floating_point() ? sample.scalar_type() : at::kFloat);
  roles::to_channels_last(*backbone);
  return std::make_shared<roles::HostEncoder>(std::move(backbone), roles::Pooling(pool), sample,
                                              log);
}

Encoders encoders_of_plugin(const BackbonePlugin& plugin, const Layer& layer,
                            const EncoderOptions& options, const at::Tensor& sample) {
  const auto chosen = choose_plugin<BackboneFactory>(*options.catalog, Role::backbone, plugin.id,
                                                     plugin.parameters);
  const BackboneContext context{layer.name, sample.size(1), plugin.trust, options.log};
  Encoders encoders;
  encoders.online = make_from_plugin(chosen, context, options.pool, sample, *options.log);
  encoders.another = [=, online = encoders.online, pool = options.pool](Init init) {
    std::optional<roles::KeepRandomState> keep;
    if (init == Init::copy) keep.emplace();
    auto made = make_from_plugin(chosen, context, pool, sample, null_log());
    if (init == Init::copy) roles::copy_by_name(*made, *online);
    return made;
  };
  return encoders;
}

class LatentsOnly final : public Encoder {
 public:
  explicit LatentsOnly(std::int64_t width) : width_(width) {}
  at::Tensor operator()(const at::Tensor&) override {
    throw Error(ErrorKind::usage,
                "this learner was made for latents, without a model: call from_latents");
  }
  std::int64_t width() const override { return width_; }
  void visit(StateVisitor&) override {}
  void train(bool) override {}
  void to(at::Device, at::ScalarType) override {}

 private:
  std::int64_t width_;
};

}  // namespace

Encoders make_encoders(const Model& model, const Layer& layer, const EncoderOptions& options,
                       const at::Tensor& sample) {
  const auto rows = rows_of(sample);
  if (model.module() != nullptr) return encoders_of_module(model, layer, options, rows);
  if (!model.plugin().id.empty()) return encoders_of_plugin(model.plugin(), layer, options, rows);
  throw Error(ErrorKind::usage, "the model is a null pointer");
}

Encoders latents_only(std::int64_t width) {
  if (width < 1) throw Error(ErrorKind::usage, "latents must be one or more values wide");
  const auto make = [width] { return std::make_shared<LatentsOnly>(width); };
  return {make(), [make](Init) -> std::shared_ptr<Encoder> { return make(); }};
}

std::vector<LayerInfo> layers(const Model& model, const at::Tensor& sample) {
  if (model.module() == nullptr) {
    throw Error(ErrorKind::usage,
                "the layers of a plugin's backbone are listed by 'tandem plugins layers'");
  }
  const auto rows = rows_of(sample);
  return look_at(model, [&] { return list_layers(model, rows); });
}

}  // namespace tandem::host
