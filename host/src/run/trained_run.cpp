#include "run/trained_run.hpp"

#include "checkpoint/weights.hpp"
#include "formats/json_lines.hpp"
#include "run/run_folder.hpp"
#include "tandem/base/error.hpp"

#include <fstream>

namespace tandem::run {
namespace {

Prepared open_configuration(const std::filesystem::path& folder, plugin::Catalog& catalog) {
  const auto file = folder / files::config;
  if (!std::filesystem::exists(file)) {
    throw Error(ErrorKind::usage,
                folder.string() + " is not a run folder: it has no " + files::config);
  }
  return prepare({file, {}}, catalog);
}

/// What training feeds the network, found by making one view.
data::Shape input_shape(const config::Config& config, plugin::Catalog& catalog,
                        const data::Source& source) {
  const auto views = make_views(config, catalog);
  Image picture, view;
  for (std::int64_t i = 0;; ++i) {
    try {
      source.read(i, picture);
      break;
    } catch (const Error&) {
      if (i + 1 == source.size()) throw;
    }
  }
  data::make_view(views.front(), picture, {}, view);
  return data::shape_of(view);
}

/// A number that names a data set must not be given to another one.
void require_same_pictures(const std::filesystem::path& folder, const config::Config& config,
                           const data::Source& pictures) {
  const auto file = folder / files::manifest;
  std::ifstream in(file);
  const auto manifest = formats::Json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (manifest.is_discarded() || !manifest.contains("data")) {
    throw Error(ErrorKind::usage, file.string() + " is missing or damaged: " + folder.string() +
                                      " is not a whole run");
  }
  if (manifest["data"].value("fingerprint", "") == data::fingerprint(pictures)) return;
  throw Error(
      ErrorKind::data,
      "the pictures in " + config.data.path + " are not those that " + folder.string() +
          " was trained on: they were changed since, so that its evaluation would mean nothing");
}

std::string joined(const std::vector<float>& values) {
  std::string text;
  for (const float value : values)
    text += (text.empty() ? "" : ",") + to_toml(ParamValue(double{value}));
  return text;
}

}  // namespace

TrainedRun::TrainedRun(const std::filesystem::path& folder, plugin::Catalog& catalog, Log& log)
    : prepared_(open_configuration(folder, catalog)),
      data_(make_data_set(prepared_.data, prepared_.config)),
      shape_(input_shape(prepared_.config, catalog, *data_.train)),
      encoders_(prepared_.config, catalog, shape_, log),
      trained_(encoders_.make("backbone")) {
  require_same_pictures(folder, prepared_.config, *data_.train);
  const auto weights = folder / files::backbone;
  checkpoint::load_weights(weights, *trained_);
  const auto metadata = formats::SafetensorsFile::open(weights).metadata();
  const auto found = metadata.find("epochs");
  epochs_ = found == metadata.end() ? "unknown" : found->second;
}

std::shared_ptr<Encoder> TrainedRun::untrained() const {
  return encoders_.make("backbone");
}

formats::Metadata weights_metadata(const config::Config& config, const DataSet& data,
                                   double epochs) {
  return {{"tandem", TANDEM_VERSION},
          {"objective", config.objective.id},
          {"backbone", config.backbone.id},
          {"tap", config.backbone_host.tap},
          {"pool", config.backbone_host.pool},
          {"mean", joined(data.normalization.mean)},
          {"std", joined(data.normalization.std)},
          {"epochs", to_toml(ParamValue(epochs))}};
}

}  // namespace tandem::run
