#include "run/trained_network.hpp"

#include "checkpoint/saved_backbone.hpp"
#include "checkpoint/weights.hpp"
#include "report/run_record.hpp"
#include "run/run_folder.hpp"
#include "tandem/base/error.hpp"

#include <sstream>

namespace tandem::run {
namespace {

std::filesystem::path weights_of(const std::filesystem::path& run_or_file) {
  if (!std::filesystem::exists(run_or_file))
    throw Error(ErrorKind::usage, run_or_file.string() + ": no such run folder or file of weights");
  if (!std::filesystem::is_directory(run_or_file)) return run_or_file;
  if (std::filesystem::exists(run_or_file / files::config)) return run_or_file / files::backbone;
  throw report::not_a_run(run_or_file, files::config);
}

/// What a file of weights says about itself beside its network.
std::string said(const formats::SafetensorsFile& file, const char* key) {
  const auto found = file.metadata().find(key);
  if (found != file.metadata().end()) return found->second;
  throw Error(ErrorKind::checkpoint,
              file.path().string() + " does not say what it is of (its metadata have no '" + key +
                  "'): give a backbone.safetensors that tandem train has written");
}

/// [backbone] as one line of TOML.
std::string table_of(const checkpoint::SavedBackbone& saved) {
  const auto quoted = [](const std::string& text) { return to_toml(ParamValue(text)); };
  std::string table = "{use = " + quoted(saved.id) + ", tap = " + quoted(saved.tap) +
                      ", pool = " + quoted(saved.pool);
  std::istringstream lines(saved.parameters);
  for (std::string line; std::getline(lines, line);) table += ", " + line;
  return table + "}";
}

config::Config configure(const std::filesystem::path& run_or_file,
                         const formats::SafetensorsFile& weights,
                         const checkpoint::SavedBackbone& saved, const data::Shape& shape,
                         const std::vector<Assignment>& assignments, plugin::Catalog& catalog) {
  Layers layers;
  if (std::filesystem::is_directory(run_or_file)) {
    layers = layers_of_run(run_or_file);
  } else {
    const std::string origin = run_or_file.string();
    layers.assignments = {
        {"backbone=" + table_of(saved), origin},
        {"run.precision=" + to_toml(ParamValue(said(weights, "precision"))), origin},
    };
    // Older programs knew one layout.
    if (weights.metadata().contains("layout"))
      layers.assignments.push_back(
          {"run.layout=" + to_toml(ParamValue(said(weights, "layout"))), origin});
  }
  layers.assignments.insert(layers.assignments.end(), assignments.begin(), assignments.end());
  auto config = prepare_for(layers, catalog, shape);
  // Its heads are not needed, and its plugin may be missing here.
  config.objective.id = said(weights, "objective");
  return config;
}

}  // namespace

TrainedNetwork::TrainedNetwork(const std::filesystem::path& run_or_file,
                               const std::vector<Assignment>& assignments, plugin::Catalog& catalog,
                               Log& log)
    : weights_(weights_of(run_or_file)) {
  const auto file = formats::SafetensorsFile::open(weights_);
  const auto saved = checkpoint::saved_backbone(file);
  shape_ = {static_cast<int>(saved.height), static_cast<int>(saved.width),
            static_cast<int>(saved.channels)};
  normalization_ = {{saved.mean.begin(), saved.mean.end()}, {saved.std.begin(), saved.std.end()}};
  epochs_ = said(file, "epochs");
  config_ = configure(run_or_file, file, saved, shape_, assignments, catalog);
  encoder_ = EncoderMaker(config_, catalog, shape_, log).make("backbone");
  checkpoint::load_weights(weights_, *encoder_);
}

}  // namespace tandem::run
