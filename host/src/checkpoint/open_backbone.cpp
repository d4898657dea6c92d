#include "checkpoint/open_backbone.hpp"

#include "checkpoint/weights.hpp"
#include "config/values.hpp"
#include "roles/backbone.hpp"
#include "roles/state.hpp"

namespace tandem::checkpoint {

OpenedBackbone open_backbone(const std::filesystem::path& weights, plugin::Catalog& catalog,
                             bool trust, Log& log) {
  const roles::KeepRandomState keep;  // making a network draws its first weights
  OpenedBackbone opened;
  const auto file = formats::SafetensorsFile::open(weights);
  opened.saved = saved_backbone(file);
  const auto layout = file.metadata().find("layout");
  opened.contiguous = layout != file.metadata().end() && layout->second == "contiguous";
  const auto& saved = opened.saved;
  const auto found = catalog.find_as<BackboneFactory>(Role::backbone, saved.id);
  const auto values =
      config::read_values(saved.parameters, found.factory->schema(),
                          "[backbone] of " + weights.string(), "backbone '" + saved.id + "'");
  opened.backbone = roles::make_backbone(found, values, {saved.tap, saved.channels, trust, &log});
  opened.backbone->to(at::kCPU, at::kFloat);
  if (!opened.contiguous) roles::to_channels_last(*opened.backbone);
  load_weights(weights, *opened.backbone);
  opened.backbone->train(false);
  return opened;
}

}  // namespace tandem::checkpoint
