#include "run/train_run.hpp"

#include "checkpoint/weights.hpp"
#include "data/epoch_order.hpp"
#include "data/png.hpp"
#include "eval/health.hpp"
#include "formats/atomic_file.hpp"
#include "report/metrics_log.hpp"
#include "report/tensorboard.hpp"
#include "report/text.hpp"
#include "roles/state.hpp"
#include "run/evaluation.hpp"
#include "run/full_paths.hpp"
#include "run/gallery.hpp"
#include "run/manifest.hpp"
#include "run/model.hpp"
#include "run/online_probe.hpp"
#include "run/preview.hpp"
#include "run/run_folder.hpp"
#include "run/run_page.hpp"
#include "run/trained_run.hpp"
#include "run/view_widths.hpp"
#include "tandem/base/error.hpp"
#include "train/parameter_groups.hpp"
#include "train/trainer.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <optional>

namespace tandem::run {
namespace {

/// A point in time, now unless copied.
class Moment {
 public:
  std::chrono::steady_clock::duration age() const { return std::chrono::steady_clock::now() - at_; }

 private:
  std::chrono::steady_clock::time_point at_ = std::chrono::steady_clock::now();
};

/// Keeps every evaluation for the summary.
class KeepEvaluations final : public report::TrainObserver {
 public:
  void on_evaluation(const report::EvalEvent& event) override { events.push_back(event); }
  std::vector<report::EvalEvent> events;
};

/// A warning where an alarm does not end the run.
class TellAlarms final : public report::TrainObserver {
 public:
  TellAlarms(Log& log, bool ends) : log_(log), ends_(ends) {}
  void on_alarm(const report::AlarmEvent& alarm) override {
    if (ends_) return;
    log_.warn("step ", alarm.step, ": ", alarm.sign, "; ", alarm.cause,
              " (guard.on_collapse = \"stop\" would end the run here)");
  }

 private:
  Log& log_;
  bool ends_;
};

train::Look examine(std::span<const Embedding> views, bool whole) {
  const auto pair = eval::embedding_pair(views);
  return {eval::embedding_health(pair), whole ? eval::cross_correlation(pair) : std::nullopt};
}

int loader_workers(const config::Config& config) {
  if (config.data.workers >= 0) return config.data.workers;
  // Views cost a fraction of a step, so a worker or two keep up; more would take the cores that the
  // step needs.
  return std::clamp(at::get_num_threads() / 4, 1, 8);
}

train::Plan make_plan(const config::Config& config, std::int64_t steps_per_epoch, bool dry_run) {
  train::Plan plan;
  plan.epochs = config.train.epochs;
  plan.steps_per_epoch = steps_per_epoch;
  plan.total_steps = plan.epochs * steps_per_epoch;
  if (config.train.max_steps > 0)
    plan.total_steps = std::min(plan.total_steps, config.train.max_steps);
  if (dry_run) plan.total_steps = 1;
  plan.log_every = config.train.log_every;
  plan.health_every = config.eval.health_every;
  plan.stop_on_collapse = config.guard.on_collapse == "stop";
  plan.type = precision(config.run);
  return plan;
}

/// A run under construction: every part in the order in which it needs the others.
class TrainRun {
 public:
  TrainRun(const Prepared& prepared, plugin::Catalog& catalog, const TrainOptions& options,
           Log& log)
      : config_(prepared.config),
        catalog_(catalog),
        options_(options),
        log_(log),
        data_(make_data_set(prepared.data, config_)),
        specs_(make_views(config_, catalog)),
        loader_(data_.train, specs_, data_.normalization, loader_options()),
        plan_(make_plan(config_, loader_.batches_per_epoch(), options.dry_run)),
        encoders_(config_, catalog_, loader_.shapes().front(), log_),
        encoder_(encoders_.make("backbone")),
        learner_(learner_parts()),
        probe_(make_probe(config_, data_, encoder_->width(), log)) {}
  TrainRun(const TrainRun&) = delete;
  TrainRun& operator=(const TrainRun&) = delete;

  TrainSummary run() {
    tell_parts();
    if (options_.dry_run) return execute({});
    const config::Config resolved = resolve();
    const RunFolder folder(resolved.run.out, options_.overwrite);
    folder_ = &folder;
    try {
      folder.remove_results();  // first, so that no kill leaves them under another configuration
      const Image views = describe(folder, resolved);
      auto summary = train(folder, views);
      if (steps_ == 0)
        folder.discard();
      else
        summary.folder = folder.path();
      return summary;
    } catch (...) {
      if (steps_ == 0) folder.discard();
      throw;
    }
  }

 private:
  /// The configuration as it can be run again, from anywhere: paths in full, what was measured in
  /// numbers.
  config::Config resolve() const {
    config::Config resolved = config_;
    if (resolved.run.out.empty()) resolved.run.out = default_folder(config_.objective.id);
    complete_paths(resolved);
    if (resolved.data.normalize == "auto") {
      const auto& [mean, std] = data_.normalization;
      resolved.data.normalize = "custom";
      resolved.data.mean = {mean.begin(), mean.end()};
      resolved.data.std = {std.begin(), std.end()};
    }
    return resolved;
  }

  void tell_parts() const {
    const auto tell = [this](const std::string& text) { log_.write(LogLevel::debug, text); };
    for (const auto& file : catalog_.files()) {
      if (file.opened()) tell("uses " + file.path.string());
    }
    if (data_.queries && config_.eval.path.empty()) {
      log_.info(data_.queries->size(), " of ", data_.queries->size() + data_.train->size(),
                " labelled pictures are held out to evaluate with, and not trained on; "
                "eval.holdout = 0 trains on all");
    }
    if (!data_.queries && !config_.eval.path.empty() && config_.eval.knn_every >= 0) {
      log_.warn(
          "eval.path is not used: the training pictures have no labels, so that they answer "
          "nothing; tandem embed and tandem eval knn BANK --queries FILE do without them");
    }
    tell(Log::join(data_.train->size(), " pictures to train on, ",
                   data_.queries ? data_.queries->size() : 0, " to evaluate with"));
    tell(Log::join(at::get_num_threads(), " threads for the network, ", loader_workers(config_),
                   " for the pictures"));
  }

  TrainSummary train(const RunFolder& folder, const Image& views) {
    report::MetricsLog metrics(folder.file(files::metrics), log_);
    report::TensorBoardLog tensorboard(folder.file(files::tensorboard), log_);
    tensorboard.show("views", views, 0);
    const std::array<report::TrainObserver*, 2> watchers = {&metrics, &tensorboard};
    try {
      auto summary = execute(watchers);
      if (summary.reason == report::EndReason::interrupted && steps_ > 0) save_weights(steps_);
      if (steps_ > 0) write_page(folder, gallery_at(summary.reason), log_);
      return summary;
    } catch (...) {
      if (steps_ > 0) {
        rescue_weights();
        write_page(folder, nullptr, log_);
      }
      throw;
    }
  }

  /// Nobody waits for pictures after an interruption.
  std::function<formats::Json()> gallery_at(report::EndReason reason) {
    if (reason != report::EndReason::finished) return nullptr;
    return [this] {
      return gallery(*encoder_, config_, data_, loader_.shapes().front(), steps_, log_);
    };
  }

  /// Saves the weights of a run that fails already: for that reason, not for another.
  void rescue_weights() {
    try {
      save_weights(steps_);
    } catch (const Error& error) {
      log_.warn("the weights of ", report::counted(steps_, "step"), " are lost: ", error.what());
    }
  }

  data::LoaderOptions loader_options() const {
    data::LoaderOptions options;
    options.batch_size = config_.train.batch_size;
    options.workers = loader_workers(config_);
    options.seed = static_cast<std::uint64_t>(config_.run.seed);
    options.max_bad = config_.data.max_bad;
    options.log = &log_;
    return options;
  }

  ObjectiveContext objective_context() {
    ObjectiveContext context;
    context.encoder = encoder_;
    context.new_encoder = [this](Init init) {
      auto made = encoders_.make("target " + std::to_string(targets_++));
      if (init == Init::copy) roles::copy_by_name(*made, *encoder_);
      return made;
    };
    context.collective = &single_rank();
    context.log = &log_;
    context.views = static_cast<int>(specs_.size());
    context.global_batch = config_.train.batch_size;
    context.steps_per_epoch = plan_.steps_per_epoch;
    context.total_steps = plan_.total_steps;
    return context;
  }

  train::LearnerParts learner_parts() {
    initial_ = load_initial_weights(options_.initial, *encoder_, log_);
    check_view_widths(*encoder_, loader_.shapes(), plan_.type);
    auto objective = make_objective(config_, catalog_, objective_context());
    auto parameters = train::trained_parameters(*encoder_, *objective);
    for (const auto& parameter : parameters) parameter_count_ += parameter.tensor.numel();
    return {encoder_,
            std::move(objective),
            make_optimizer(config_, std::move(parameters)),
            make_schedule(config_.schedule),
            view_contexts(config_),
            "'" + config_.objective.id + "' and '" + config_.backbone.id + "'",
            static_cast<std::uint64_t>(config_.run.seed),
            config_.train.views == "joint"};
  }

  report::RunInfo info() const {
    report::RunInfo info;
    info.objective = config_.objective.id;
    info.backbone = config_.backbone.id;
    info.device = "cpu";
    info.samples = data_.train->size();
    info.batch_size = config_.train.batch_size;
    info.steps_per_epoch = plan_.steps_per_epoch;
    info.epochs = plan_.epochs;
    info.total_steps = plan_.total_steps;
    info.parameters = parameter_count_;
    return info;
  }

  /// Writes what the run is; gives the views that it shows.
  Image describe(const RunFolder& folder, const config::Config& resolved) const {
    auto made_of = manifest(resolved, catalog_, data_);
    if (!initial_.is_null()) made_of["initial_weights"] = initial_;
    // The manifest first: a folder without one is no run, and is not trained over.
    formats::write_file(folder.file(files::manifest), formats::json_text(made_of));
    formats::write_file(folder.file(files::config), config::to_toml(resolved));
    const PreviewOptions first_ones{.images = std::min(8, config_.train.batch_size)};
    const auto sheet =
        sheet_options(*data_.train, static_cast<std::uint64_t>(config_.run.seed), first_ones);
    Image views = data::contact_sheet(*data_.train, specs_, sheet);
    data::write_png(folder.file(files::views), views);
    return views;
  }

  TrainSummary execute(std::span<report::TrainObserver* const> own) {
    KeepEvaluations kept;
    TellAlarms alarms(log_, plan_.stop_on_collapse);
    std::vector<report::TrainObserver*> observers(options_.observers.begin(),
                                                  options_.observers.end());
    observers.insert(observers.end(), own.begin(), own.end());
    observers.insert(observers.end(), {&kept, &alarms});
    train::Trainer trainer(learner_, loader_, plan_, observers,
                           {evaluator(), examine, probe_.get()});
    const std::atomic<bool> never{false};
    TrainSummary summary;
    try {
      summary.reason = trainer.run(info(), options_.stop != nullptr ? *options_.stop : never);
    } catch (...) {
      steps_ = trainer.steps_done();
      throw;
    }
    summary.steps = steps_ = trainer.steps_done();
    summary.evaluations = std::move(kept.events);
    return summary;
  }

  train::Evaluate evaluator() {
    const int every = config_.eval.knn_every;
    return [this, every](std::int64_t epoch, std::int64_t step, bool last) {
      std::vector<report::EvalEvent> events;
      // What was trained is safe before the last evaluation, and never older than a minute and an
      // epoch.
      if (folder_ != nullptr && (last || saved_.age() > std::chrono::minutes(1)))
        save_weights(step);
      if (data_.queries && !options_.dry_run && (last || (every > 0 && epoch % every == 0)))
        judge(epoch, step, events);
      return events;
    };
  }

  /// What was trained counts more than what it is worth: features that are not finite end nothing.
  void judge(std::int64_t epoch, std::int64_t step, std::vector<report::EvalEvent>& events) {
    try {
      events =
          evaluate(*encoder_, config_, data_, loader_.shapes().front(), epoch, step, probe_.get());
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::guard) throw;
      log_.warn("no kNN after ", report::counted(step, "step"), ": ", error.what());
      return;
    }
    // Chosen on the queries: never on test pictures.
    const double top1 = events.front().values.front().value;
    if (config_.eval.knn_every < 1 || !config_.eval.path.empty() || top1 <= best_) return;
    best_ = top1;
    save_backbone(files::best, step);
  }

  void save_backbone(const char* name, std::int64_t steps) {
    const double epochs = static_cast<double>(steps) / static_cast<double>(plan_.steps_per_epoch);
    checkpoint::save_weights(folder_->file(name), *encoder_,
                             weights_metadata(config_, data_, loader_.shapes().front(), epochs));
  }

  void save_weights(std::int64_t steps) {
    save_backbone(files::backbone, steps);
    checkpoint::save_weights(folder_->file(files::objective), learner_.objective(),
                             {{"objective", config_.objective.id}});
    saved_ = {};
  }

  const config::Config& config_;
  plugin::Catalog& catalog_;
  const TrainOptions& options_;
  Log& log_;
  DataSet data_;
  std::vector<data::ViewSpec> specs_;
  data::BatchLoader loader_;
  train::Plan plan_;
  EncoderMaker encoders_;
  std::shared_ptr<roles::HostEncoder> encoder_;
  formats::Json initial_;  // what the encoder's weights came from; null: drawn
  std::int64_t parameter_count_ = 0;
  train::Learner learner_;
  std::unique_ptr<ProbeFollower> probe_;  // null without
  std::int64_t steps_ = 0;
  double best_ = -1;  // kNN, in per cent
  Moment saved_;
  const RunFolder* folder_ = nullptr;  // null during a dry run
  int targets_ = 0;
};

}  // namespace

TrainSummary train(const Prepared& prepared, plugin::Catalog& catalog, const TrainOptions& options,
                   Log& log) {
  return TrainRun(prepared, catalog, options, log).run();
}

}  // namespace tandem::run
