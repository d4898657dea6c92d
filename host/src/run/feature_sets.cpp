#include "run/feature_sets.hpp"

#include "data/classes.hpp"
#include "eval/feature_file.hpp"
#include "run/evaluation.hpp"
#include "run/pictures.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/random.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::run {
namespace {

// What is drawn from a seed here: no sample's, no class's.
constexpr std::uint16_t holdout_stream = 4;

/// The objective's embedding of pictures, by the first view that has an online one.
eval::Describe projector(Objective& objective, const config::Config& config) {
  return [&objective, contexts = view_contexts(config)](const at::Tensor& pictures) {
    for (ViewContext context : contexts) {
      context.needs_target = false;
      const auto latents = objective.encode(pictures, context);
      if (!latents.online.defined()) continue;
      const auto embedding = objective.embed(latents, context);
      if (embedding.online.defined()) return embedding.online;
    }
    throw Error(ErrorKind::usage, "the objective embeds no view online: evaluate the backbone");
  };
}

std::string of_network(const TrainedRun& run, const EvalOptions& what) {
  const std::string chosen = chosen_epoch(what);
  return Log::join(network(run.config()), ", eval mode, run.seed ", run.config().run.seed, ", ",
                   run.epochs(), " epochs", chosen.empty() ? "" : " (" + chosen + ")");
}

FeatureSets of_run(const EvalOptions& what, plugin::Catalog& catalog, Log& log) {
  if (what.best && what.space == "projector") {
    throw Error(ErrorKind::usage,
                "the heads are kept of the last epoch alone: leave --epoch best or --features "
                "projector out");
  }
  const auto run = open_run(what, catalog, log);
  const bool pixels = what.space == "pixels";
  const auto type = pixels ? at::kFloat : precision(run->config().run);
  const auto normalization = pixels ? data::Normalization{} : run->data().normalization;
  Pictures bank(run->data().bank, run->shape(), normalization, type),
      queries(run->data().queries, run->shape(), normalization, type);
  FeatureSets sets;
  sets.section = run->config().eval;
  sets.split = split(run->data());
  sets.epochs = run->epochs();
  if (pixels) {
    sets.bank = bank.describe(reduced_pixels);
    sets.queries = queries.describe(reduced_pixels);
    sets.of = pixel_features(run->shape());
  } else if (what.space == "projector") {
    const auto objective = run->objective();
    const auto describe = projector(*objective, run->config());
    sets.bank = bank.describe(describe);
    sets.queries = queries.describe(describe);
    sets.of = "the objective's embedding of " + of_network(*run, what);
  } else {
    sets.bank = bank.encode(run->encoder());
    sets.queries = queries.encode(run->encoder());
    sets.of = "features of " + of_network(*run, what);
  }
  return sets;
}

void hold_out(const EvalOptions& what, const eval::Features& all, FeatureSets& sets) {
  const std::int64_t count = all.values.size(0);
  const auto held =
      static_cast<std::int64_t>(std::lround(what.holdout * static_cast<double>(count)));
  if (held < 1 || held >= count) {
    throw Error(ErrorKind::usage, Log::join("--holdout ", what.holdout, " of ", count,
                                            " features leaves none to ask, or none to answer"));
  }
  auto order = Random({.seed = what.seed, .view = holdout_stream}).permutation(count);
  const auto middle = order.begin() + held;
  std::sort(order.begin(), middle);
  std::sort(middle, order.end());
  sets.queries = take(all, {order.begin(), middle});
  sets.bank = take(all, {middle, order.end()});
  sets.split = Log::join("bank ", count - held, " rows of ", what.subject.string(), ", ", held,
                         " queries held out of it with seed ", what.seed);
}

FeatureSets of_files(const EvalOptions& what) {
  if (what.space != "backbone" || what.best) {
    throw Error(ErrorKind::usage, what.subject.string() +
                                      " holds features as they are: projector, raw pixels and the "
                                      "best epoch are to be had from a run folder");
  }
  what.set_threads(0);
  auto file = eval::read_features(what.subject);
  FeatureSets sets;
  sets.of = file.of;
  sets.epochs = file.epochs;
  if (what.queries.empty()) {
    hold_out(what, file.features, sets);
    return sets;
  }
  auto asked = eval::read_features(what.queries);
  if (asked.weights != file.weights) {
    throw Error(ErrorKind::data, what.subject.string() + " and " + what.queries +
                                     " hold features of different networks: embed both with one");
  }
  const std::string how = data::match(file.features.class_names, asked.features.class_names);
  sets.bank = std::move(file.features);
  sets.queries = eval::numbered_as(sets.bank, std::move(asked.features));
  sets.split = Log::join("bank ", sets.bank.values.size(0), " rows of ", what.subject.string(),
                         ", ", sets.queries.values.size(0), " queries from ", what.queries, how);
  return sets;
}

}  // namespace

std::string chosen_epoch(const EvalOptions& what) {
  if (!what.best) return "";
  return what.queries.empty() ? "the epoch with the best kNN, chosen on these very queries"
                              : "the epoch with the best kNN of held-out training pictures";
}

std::unique_ptr<TrainedRun> open_run(const EvalOptions& what, plugin::Catalog& catalog, Log& log) {
  const RunChoice choice{what.best, what.queries, what.trust};
  auto run = std::make_unique<TrainedRun>(what.subject, choice, catalog, log);
  what.set_threads(run->config().run.threads);
  if (run->data().queries) return run;
  throw Error(ErrorKind::data,
              what.subject.string() +
                  " has nothing to ask: its pictures have no labels, or it trained on all of them "
                  "(eval.knn_every = \"never\", eval.holdout = 0) and eval.path names no others; "
                  "evaluation needs labels: name labelled test pictures with --queries DIR");
}

FeatureSets feature_sets(const EvalOptions& what, plugin::Catalog& catalog, Log& log) {
  auto sets =
      std::filesystem::is_regular_file(what.subject) ? of_files(what) : of_run(what, catalog, log);
  sets.split += left_out(sets.bank, sets.queries);
  return sets;
}

}  // namespace tandem::run
