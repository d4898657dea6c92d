#pragma once

#include "config/config.hpp"
#include "data/loader.hpp"
#include "plugin/catalog.hpp"
#include "roles/encoder.hpp"
#include "tandem/sdk/objective.hpp"
#include "train/optimizer.hpp"
#include "train/schedule.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tandem::run {

/// Finds schemas in a catalog; opens the plugins it is asked for. The catalog must outlive it.
config::SchemaLookup schema_lookup(plugin::Catalog& catalog);

/// The operations of every view, `count` times where a [[view]] says so.
std::vector<data::ViewSpec> make_views(const config::Config& config, plugin::Catalog& catalog);
/// What each of these views is to an objective, in the same order.
std::vector<ViewContext> view_contexts(const config::Config& config);
/// The operations of each view, for messages: "random_resized_crop, blur".
std::vector<std::string> view_operations(const config::Config& config);

/// The type of weights, pictures and loss that `run.precision` names.
at::ScalarType precision(const config::RunSection& section);

/// Makes encoders of one configuration, each a network of its own.
class EncoderMaker {
 public:
  /// `shape` is the first view's. All references must outlive the maker and what `make` is given
  /// to.
  EncoderMaker(const config::Config& config, plugin::Catalog& catalog, const data::Shape& shape,
               Log& log)
      : config_(config), catalog_(catalog), shape_(shape), log_(log) {}
  /// `stage` names the encoder for its random initial weights: equal names, equal weights.
  std::shared_ptr<roles::HostEncoder> make(const std::string& stage) const;

 private:
  const config::Config& config_;
  plugin::Catalog& catalog_;
  data::Shape shape_;
  Log& log_;
};

/// An objective on an encoder, both in the run's precision.
std::unique_ptr<Objective> make_objective(const config::Config& config, plugin::Catalog& catalog,
                                          ObjectiveContext context);

std::unique_ptr<train::Optimizer> make_optimizer(const config::Config& config,
                                                 std::vector<train::TrainedParameter> parameters);
train::Schedule make_schedule(const config::Component& component);

}  // namespace tandem::run
