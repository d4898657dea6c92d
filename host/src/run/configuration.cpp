#include "run/configuration.hpp"

#include "run/defaults.hpp"
#include "run/model.hpp"
#include "run/run_folder.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>

namespace tandem::run {
namespace {

constexpr data::Shape assumed{32, 32, 3};

/// Adds what a person wrote.
void add_layers(const Layers& layers, config::Document& document) {
  if (!layers.file.empty()) document.merge(config::parse_file(layers.file));
  for (const auto& [text, origin] : layers.assignments) document.set(text, origin);
}

config::Config check(const Layers& layers, plugin::Catalog& catalog, const Given& given) {
  auto document = config::parse_text(default_toml(given), "built-in defaults");
  add_layers(layers, document);
  return config::check(document, schema_lookup(catalog));
}

/// Whether a person wrote any [[view]].
bool own_views(const Layers& layers) {
  config::Document document;
  add_layers(layers, document);
  return document.root().find("view") != nullptr;
}

/// The default operations are of pictures.
void require_views_for_series(const data::Shape& picture, const Layers& layers) {
  if (picture.height > 1 || own_views(layers)) return;
  throw Error(ErrorKind::config,
              Log::join("the data are series (1 x ", picture.width, ", ", picture.channels,
                        picture.channels == 1 ? " channel" : " channels",
                        "), and the default views are for pictures: write [[view]] tables with "
                        "operations for series, from a plugin of yours"));
}

/// Whether a backbone has the stems that the defaults choose from.
bool has_our_stems(const Schema& backbone) {
  const auto* stem = backbone.find("stem");
  if (stem == nullptr) return false;
  const auto offers = [stem](const char* name) {
    return std::find(stem->choices.begin(), stem->choices.end(), name) != stem->choices.end();
  };
  return offers("cifar") && offers("imagenet");
}

/// What the defaults must suit, from a configuration over other defaults.
Given given_by(const config::Config& config) {
  Given given{assumed};
  if (has_our_stems(*config.backbone.schema)) given.backbone = config.backbone.id;
  given.objective = config.objective.id;
  return given;
}

}  // namespace

Layers layers_of_run(const std::filesystem::path& folder) {
  return {folder / files::config, {{"backbone.trust=false", folder.string()}}};
}

Prepared prepare_to_show(const Layers& layers, plugin::Catalog& catalog) {
  const auto config = check(layers, catalog, {assumed});
  if (names_pictures(config.data)) return prepare(layers, catalog);
  return {check(layers, catalog, given_by(config)), nullptr};
}

config::Config prepare_for(const Layers& layers, plugin::Catalog& catalog,
                           const data::Shape& picture) {
  auto given = given_by(check(layers, catalog, {picture}));
  given.picture = picture;
  return check(layers, catalog, given);
}

Prepared prepare(const Layers& layers, plugin::Catalog& catalog) {
  // Which pictures, backbone and objective there are is itself configured: read that first, then
  // choose the defaults.
  const auto config = check(layers, catalog, {assumed});
  auto source = open_training_data(config.data);
  auto given = given_by(config);
  given.picture = typical_shape(*source);
  require_views_for_series(given.picture, layers);
  given.count = source->size();
  return {check(layers, catalog, given), std::move(source)};
}

}  // namespace tandem::run
