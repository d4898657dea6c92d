#include "run/trained_run.hpp"

#include "checkpoint/saved_backbone.hpp"
#include "checkpoint/weights.hpp"
#include "formats/json_lines.hpp"
#include "report/run_record.hpp"
#include "run/full_paths.hpp"
#include "run/run_folder.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <string_view>

namespace tandem::run {
namespace {

Prepared open_configuration(const std::filesystem::path& folder, bool trust,
                            plugin::Catalog& catalog) {
  const auto file = folder / files::config;
  if (!std::filesystem::exists(file)) throw report::not_a_run(folder, files::config);
  auto layers = layers_of_run(folder);
  if (trust) layers.assignments.push_back({"backbone.trust=true", "--trust"});
  return prepare(layers, catalog);
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
  const auto manifest = formats::read_json_object(file);
  const auto found = manifest.find("data");
  if (found == manifest.end() || !found->is_object()) {
    throw Error(ErrorKind::usage, file.string() + " is missing or damaged: " + folder.string() +
                                      " is not a whole run");
  }
  if (found->value("fingerprint", formats::Json()) == data::fingerprint(pictures)) return;
  throw Error(
      ErrorKind::data,
      "the pictures in " + config.data.path + " are not those that " + folder.string() +
          " was trained on: they were changed since, so that its evaluation would mean nothing");
}

std::filesystem::path weights_file(const std::filesystem::path& folder, bool best) {
  if (!best) return folder / files::backbone;
  if (std::filesystem::exists(folder / files::best)) return folder / files::best;
  throw Error(ErrorKind::usage,
              folder.string() + " has no " + files::best +
                  ": it is kept by a training with eval.knn_every above 0 whose queries are held "
                  "out of the training pictures; leave --epoch best out");
}

/// The run's own test pictures may be gone where others are named; what it held out stays.
config::Config with_test(config::Config config, const std::string& test) {
  if (test.empty() || config.eval.path.empty()) return config;
  config.eval.path = test;
  config.eval.source = "auto";
  return config;
}

/// Pictures that are named now, or that the run named and was told never to evaluate with.
void add_test_pictures(const std::string& test, const config::Config& config, DataSet& data) {
  auto chosen = config;
  if (!test.empty()) {
    chosen.eval.path = test;
    chosen.eval.source = "auto";
  } else if (data.queries || config.eval.path.empty()) {
    return;
  }
  use_test_pictures(data, chosen);
}

/// A plugin's values as the lines of its table.
std::string to_lines(config::Component component) {
  complete_paths(component);
  std::string lines;
  for (std::size_t i = 0; i < component.values.size(); ++i) {
    const auto& param = component.schema->params[i];
    lines += param.name + " = " + to_toml(param, component.values[i]) + "\n";
  }
  return lines;
}

}  // namespace

TrainedRun::TrainedRun(const std::filesystem::path& folder, const RunChoice& choice,
                       plugin::Catalog& catalog, Log& log)
    : folder_(folder),
      catalog_(catalog),
      log_(log),
      prepared_(open_configuration(folder, choice.trust, catalog)),
      data_(make_data_set(prepared_.data, with_test(prepared_.config, choice.test))),
      shape_(input_shape(prepared_.config, catalog, *data_.train)),
      encoders_(prepared_.config, catalog, shape_, log),
      trained_(encoders_.make("backbone")) {
  require_same_pictures(folder, prepared_.config, *data_.train);
  add_test_pictures(choice.test, prepared_.config, data_);
  const auto weights = weights_file(folder, choice.best);
  checkpoint::load_weights(weights, *trained_);
  const auto metadata = formats::SafetensorsFile::open(weights).metadata();
  const auto found = metadata.find("epochs");
  epochs_ = found == metadata.end() ? "unknown" : found->second;
}

std::shared_ptr<Encoder> TrainedRun::untrained() const {
  return encoders_.make("backbone");
}

std::unique_ptr<Objective> TrainedRun::objective() {
  const auto& train = config().train;
  ObjectiveContext context;
  context.encoder = trained_;
  context.new_encoder = [this](Init) { return encoders_.make("target"); };
  context.collective = &single_rank();
  context.log = &log_;
  context.views = static_cast<int>(view_contexts(config()).size());
  context.global_batch = train.batch_size;
  context.steps_per_epoch = std::max<std::int64_t>(1, data_.train->size() / train.batch_size);
  context.total_steps = context.steps_per_epoch * train.epochs;
  auto objective = make_objective(config(), catalog_, context);
  checkpoint::load_weights(folder_ / files::objective, *objective);
  objective->train(false);
  trained_->train(false);
  return objective;
}

formats::Metadata weights_metadata(const config::Config& config, const DataSet& data,
                                   const data::Shape& shape, double epochs) {
  const auto& [mean, std] = data.normalization;
  auto metadata = checkpoint::to_metadata({config.backbone.id,
                                           to_lines(config.backbone),
                                           config.backbone_host.tap,
                                           config.backbone_host.pool,
                                           shape.channels,
                                           shape.height,
                                           shape.width,
                                           {mean.begin(), mean.end()},
                                           {std.begin(), std.end()}});
  metadata["tandem"] = TANDEM_VERSION;
  metadata["objective"] = config.objective.id;
  metadata["precision"] = config.run.precision;
  metadata["layout"] = config.run.layout;
  metadata["epochs"] = to_toml(ParamValue(epochs));
  return metadata;
}

}  // namespace tandem::run
