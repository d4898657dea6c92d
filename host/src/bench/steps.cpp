#include "bench/steps.hpp"

#include "bench/clock.hpp"
#include "run/loader_workers.hpp"

#include <algorithm>
#include <string>

namespace tandem::bench {
namespace {

std::unique_ptr<data::BatchLoader> make_loader(const run::Prepared& prepared,
                                               plugin::Catalog& catalog, bool one_batch, Log& log) {
  const auto& config = prepared.config;
  const auto data = run::make_data_set(prepared.data, config);
  data::LoaderOptions options;
  options.batch_size = config.train.batch_size;
  options.workers = one_batch ? 0 : run::loader_workers(config);
  options.seed = static_cast<std::uint64_t>(config.run.seed);
  options.max_bad = config.data.max_bad;
  options.log = &log;
  return std::make_unique<data::BatchLoader>(data.train, run::make_views(config, catalog),
                                             data.normalization, options);
}

/// Steps go on for as long as they are measured: the schedule never ends.
train::Plan endless(const config::Config& config, std::int64_t steps_per_epoch) {
  constexpr std::int64_t many = 1'000'000'000;
  auto plan = run::make_plan(config, steps_per_epoch);
  plan.total_steps = many;
  return plan;
}

}  // namespace

Steps::Steps(const run::Prepared& prepared, plugin::Catalog& catalog, bool one_batch, Log& log)
    : config_(prepared.config),
      loader_(make_loader(prepared, catalog, one_batch, log)),
      shapes_(loader_->shapes()),
      plan_(endless(config_, loader_->batches_per_epoch())),
      learning_(config_, catalog, shapes_, plan_, {}, log) {
  if (one_batch) keep_one_batch();
}

void Steps::keep_one_batch() {
  if (loader_ == nullptr) return;
  for (const auto& view : train::view_tensors(loader_->next(), plan_.type))
    kept_.push_back(view.clone());
  loader_.reset();
}

std::vector<at::Tensor> Steps::take_views() {
  return loader_ ? train::view_tensors(loader_->next(), plan_.type) : kept_;
}

StepTimes Steps::next() {
  StepTimes times;
  const Stopwatch waiting;
  const auto views = take_views();
  times.data = waiting.seconds();
  const Stopwatch watch;
  const auto result =
      learning_.learner().step(views, {step_++, plan_.total_steps, plan_.steps_per_epoch});
  times.step = watch.seconds();
  times.forward = result.seconds.forward;
  times.backward = result.seconds.backward;
  times.optimizer = result.seconds.optimizer;
  return times;
}

run::Prepared with_direct_convolutions(run::Prepared prepared) {
  auto& backbone = prepared.config.backbone;
  for (std::size_t i = 0; i < backbone.values.size(); ++i) {
    const auto& param = backbone.schema->params[i];
    const auto& offers = param.choices;
    if (param.name == "convolution" &&
        std::find(offers.begin(), offers.end(), "direct") != offers.end())
      backbone.values[i] = std::string("direct");
  }
  return prepared;
}

}  // namespace tandem::bench
