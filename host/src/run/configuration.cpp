#include "run/configuration.hpp"

#include "run/defaults.hpp"
#include "run/model.hpp"

namespace tandem::run {
namespace {

constexpr data::Shape assumed{32, 32, 3};

config::Config check(const Layers& layers, plugin::Catalog& catalog, const data::Shape& picture) {
  auto document = config::parse_text(default_toml(picture), "built-in defaults");
  if (!layers.file.empty()) document.merge(config::parse_file(layers.file));
  for (const auto& [text, origin] : layers.assignments) document.set(text, origin);
  return config::check(document, schema_lookup(catalog));
}

}  // namespace

Prepared prepare_without_data(const Layers& layers, plugin::Catalog& catalog) {
  return {check(layers, catalog, assumed), nullptr};
}

Prepared prepare(const Layers& layers, plugin::Catalog& catalog) {
  // Which pictures there are is itself configured: read that first, then choose the defaults.
  auto config = check(layers, catalog, assumed);
  auto source = open_training_data(config.data);
  config = check(layers, catalog, first_shape(*source));
  return {std::move(config), std::move(source)};
}

}  // namespace tandem::run
