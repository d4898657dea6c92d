#include "run/configuration.hpp"

#include "run/defaults.hpp"
#include "run/model.hpp"

#include <algorithm>

namespace tandem::run {
namespace {

constexpr data::Shape assumed{32, 32, 3};

config::Config check(const Layers& layers, plugin::Catalog& catalog, const data::Shape& picture,
                     const std::string& backbone) {
  auto document = config::parse_text(default_toml(picture, backbone), "built-in defaults");
  if (!layers.file.empty()) document.merge(config::parse_file(layers.file));
  for (const auto& [text, origin] : layers.assignments) document.set(text, origin);
  return config::check(document, schema_lookup(catalog));
}

/// The backbone whose defaults are to suit the pictures: the configured one, where it has our
/// stems.
std::string stemmed(const config::Config& config) {
  const auto* stem = config.backbone.schema->find("stem");
  const auto offers = [stem](const char* name) {
    return std::find(stem->choices.begin(), stem->choices.end(), name) != stem->choices.end();
  };
  return stem != nullptr && offers("cifar") && offers("imagenet") ? config.backbone.id
                                                                  : default_backbone;
}

}  // namespace

Prepared prepare_to_show(const Layers& layers, plugin::Catalog& catalog) {
  const auto config = check(layers, catalog, assumed, default_backbone);
  if (names_pictures(config.data)) return prepare(layers, catalog);
  return {check(layers, catalog, assumed, stemmed(config)), nullptr};
}

Prepared prepare(const Layers& layers, plugin::Catalog& catalog) {
  // Which pictures and which backbone there are is itself configured: read that first, then choose
  // the defaults.
  auto config = check(layers, catalog, assumed, default_backbone);
  auto source = open_training_data(config.data);
  config = check(layers, catalog, first_shape(*source), stemmed(config));
  return {std::move(config), std::move(source)};
}

}  // namespace tandem::run
