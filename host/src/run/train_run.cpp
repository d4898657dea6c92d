#include "run/train_run.hpp"

#include "checkpoint/store.hpp"
#include "data/png.hpp"
#include "eval/health.hpp"
#include "formats/atomic_file.hpp"
#include "report/metrics_log.hpp"
#include "report/run_record.hpp"
#include "report/tensorboard.hpp"
#include "report/text.hpp"
#include "run/checkpoints.hpp"
#include "run/evaluation.hpp"
#include "run/full_paths.hpp"
#include "run/gallery.hpp"
#include "run/learning.hpp"
#include "run/loader_workers.hpp"
#include "run/manifest.hpp"
#include "run/model.hpp"
#include "run/online_probe.hpp"
#include "run/passes.hpp"
#include "run/pictures.hpp"
#include "run/precision.hpp"
#include "run/preview.hpp"
#include "run/resume.hpp"
#include "run/run_device.hpp"
#include "run/run_folder.hpp"
#include "run/run_page.hpp"
#include "run/together.hpp"
#include "run/watchers.hpp"
#include "tandem/base/error.hpp"
#include "train/trainer.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace tandem::run {
namespace {

train::Look examine(std::span<const Embedding> views, bool whole) {
  const auto pair = eval::embedding_pair(views);
  return {eval::embedding_health(pair), whole ? eval::cross_correlation(pair) : std::nullopt};
}

train::Plan make_plan(const config::Config& config, std::int64_t steps_per_epoch, at::Device device,
                      bool dry_run) {
  auto plan = run::make_plan(config, steps_per_epoch);
  plan.device = device;
  if (dry_run) plan.total_steps = 1;
  return plan;
}

/// The configuration as it can be run again, from anywhere: paths in full, what was measured in
/// numbers.
config::Config resolve(config::Config config, const data::Normalization& measured) {
  if (config.run.out.empty()) config.run.out = default_folder(config.objective.id);
  complete_paths(config);
  if (config.data.normalize == "auto") {
    config.data.normalize = "custom";
    config.data.mean = {measured.mean.begin(), measured.mean.end()};
    config.data.std = {measured.std.begin(), measured.std.end()};
  }
  return config;
}

constexpr std::int64_t nothing_to_do = -1;  // what rank 0 tells of a run that is finished

/// A run under construction: every part in the order in which it needs the others.
class TrainRun {
 public:
  TrainRun(const Prepared& prepared, plugin::Catalog& catalog, const TrainOptions& options,
           Log& log)
      : config_(keep_passes(settle_precision(prepared.config, options.use, options.group, log),
                            options.use)),
        catalog_(catalog),
        options_(options),
        log_(log),
        device_(device_of(config_, options.local_rank, ranks().size())),
        data_(make_data_set(prepared.data, config_)),
        resolved_(resolve(config_, data_.normalization)),
        specs_(make_views(config_, catalog)),
        loader_(data_.train, specs_, data_.normalization, loader_options()),
        plan_(make_plan(config_, loader_.batches_per_epoch(), device_, options.dry_run)),
        learning_(config_, catalog_, loader_.shapes(), plan_, options_.initial, log_, ranks()),
        probe_(make_probe(config_, data_, learning_.encoder().width(), log)) {
    resolved_.train.passes = learning_.passes();
  }
  TrainRun(const TrainRun&) = delete;
  TrainRun& operator=(const TrainRun&) = delete;

  TrainSummary run() {
    tell_parts();
    plan_.ranks = ranks().size();
    if (ranks().rank() > 0) return follow();
    if (options_.dry_run) return dry_run();
    const RunFolder folder(resolved_.run.out, options_.use);
    folder_ = &folder;
    if (options_.use == FolderUse::resume && !folder.fresh()) {
      if (const auto from = find_checkpoint()) return go_on(*from);
    }
    return begin();
  }

 private:
  Collective& ranks() const { return ranks_of(options_.group); }

  /// What a rank does that leaves nothing behind.
  TrainSummary follow() {
    plan_.health_every = -1;
    const auto start = share_start(options_.group, learning_, {});
    from_.step = start.step;
    from_.epoch_ended = start.epoch_ended;
    return from_.step == nothing_to_do ? TrainSummary() : execute({});
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

  TrainingParts parts() {
    return {resolved_, catalog_, data_, loader_.shapes().front(), learning_, probe_.get()};
  }

  /// One step, and a checkpoint written and read again where it disturbs nobody.
  TrainSummary dry_run() {
    auto summary = execute({});
    summary.checkpoint = try_checkpoint(parts(), plan_);
    return summary;
  }

  TrainSummary begin() {
    try {
      folder_->remove_results();  // first, so that no kill leaves them under another configuration
      const Image views = describe();
      auto summary = train(&views);
      if (steps_ == 0)
        folder_->discard();
      else
        summary.folder = folder_->path();
      return summary;
    } catch (...) {
      if (steps_ == 0 && !failure_kept_) folder_->discard();
      throw;
    }
  }

  std::optional<checkpoint::Verified> find_checkpoint() {
    auto from =
        checkpoint::newest_whole(checkpoint::Store(folder_->file(files::checkpoints)), log_);
    if (from) return from;
    const auto& path = folder_->path();
    if (std::filesystem::exists(folder_->file(files::backbone))) {
      throw Error(ErrorKind::checkpoint,
                  path.string() +
                      " has weights, and no checkpoint to go on from; start another "
                      "run from its weights with --init-from " +
                      path.string());
    }
    log_.info(path.string(), " has no checkpoint yet: it begins anew");
    return std::nullopt;
  }

  TrainSummary go_on(const checkpoint::Verified& from) {
    const auto now = describe_training(parts(), plan_);
    require_same_training(from, parts(), now, catalog_, options_.allowed_changes, log_);
    from_ = from.state;
    if (from_.step >= plan_.total_steps && options_.allowed_changes.empty()) {
      const auto run = report::read_run(folder_->path());
      if (run.finished()) return finished_before(run);
    }
    if (!options_.initial.file.empty())
      log_.info("--init-from is where the run began: it goes on with its own weights");
    read_checkpoint(from.entry.folder, learning_, probe_.get());
    folder_->remove_leftovers();
    cut_logs(*folder_, from_, log_);
    note_resume(*folder_, from_, now, options_.allowed_changes);
    formats::write_file(folder_->file(files::config), config::to_toml(resolved_));
    steps_ = from_.step;
    log_.info("goes on after step ", from_.step, " of ", plan_.total_steps, ", from ",
              from.entry.folder.string());
    kept_.events = report::read_run(folder_->path()).evaluations;
    auto summary = train(nullptr);
    summary.folder = folder_->path();
    return summary;
  }

  TrainSummary finished_before(const report::RunRecord& run) {
    log_.info(folder_->path().string(), " is finished: there is nothing to go on with");
    train::Position none;
    none.step = nothing_to_do;
    share_start(options_.group, learning_, none);
    TrainSummary summary;
    summary.folder = folder_->path();
    summary.steps = run.steps;
    summary.evaluations = run.evaluations;
    return summary;
  }

  /// `views` are shown where a run begins.
  TrainSummary train(const Image* views) {
    report::MetricsLog metrics(folder_->file(files::metrics), log_);
    report::TensorBoardLog tensorboard(folder_->file(files::tensorboard), log_);
    if (views != nullptr) tensorboard.show("views", *views, 0);
    Checkpoints checkpoints(*folder_, parts(), plan_, metrics, tensorboard, log_);
    checkpoints_ = &checkpoints;
    if (from_.step > 0) checkpoints.resume(from_);
    // Weights that came from elsewhere are in no configuration: a resume must find them.
    if (views != nullptr && !options_.initial.file.empty()) checkpoints.save({});
    const std::array<report::TrainObserver*, 2> watchers = {&metrics, &tensorboard};
    try {
      auto summary = execute(watchers);
      if (summary.reason == report::EndReason::interrupted && steps_ > 0)
        log_.info("go on with: tandem train ", folder_->path().string(), " --resume");
      if (steps_ > 0) write_page(*folder_, gallery_at(summary.reason), log_);
      return summary;
    } catch (...) {
      failure_kept_ = checkpoints.kept_failure();
      if (steps_ > 0) write_page(*folder_, nullptr, log_);
      throw;
    }
  }

  /// Nobody waits for pictures after an interruption.
  std::function<formats::Json()> gallery_at(report::EndReason reason) {
    if (reason != report::EndReason::finished) return nullptr;
    return [this] {
      return gallery(learning_.encoder(), config_, data_, loader_.shapes().front(), steps_, log_);
    };
  }

  data::LoaderOptions loader_options() const {
    data::LoaderOptions options;
    options.batch_size = config_.train.batch_size;
    options.rank = ranks().rank();
    options.ranks = ranks().size();
    options.workers = loader_workers(config_);
    options.seed = static_cast<std::uint64_t>(config_.run.seed);
    options.max_bad = config_.data.max_bad;
    options.log = &log_;
    options.keep_bytes = !device_.is_cpu();
    options.allocate = train::pinned_memory(device_);
    return options;
  }

  report::RunInfo info() const {
    report::RunInfo info;
    info.objective = config_.objective.id;
    info.backbone = config_.backbone.id;
    info.device = device_.str();
    info.samples = data_.train->size();
    info.batch_size = config_.train.batch_size;
    info.steps_per_epoch = plan_.steps_per_epoch;
    info.epochs = plan_.epochs;
    info.total_steps = plan_.total_steps;
    info.first_step = from_.step;
    info.parameters = learning_.parameters();
    return info;
  }

  /// Writes what the run is; gives the views that it shows.
  Image describe() const {
    auto made_of = manifest(resolved_, catalog_, data_);
    if (!learning_.initial().is_null()) made_of["initial_weights"] = learning_.initial();
    // The manifest first: a folder without one is no run, and is not trained over.
    formats::write_file(folder_->file(files::manifest), formats::json_text(made_of));
    formats::write_file(folder_->file(files::config), config::to_toml(resolved_));
    const PreviewOptions first_ones{.images = std::min(8, config_.train.batch_size)};
    const auto sheet =
        sheet_options(*data_.train, static_cast<std::uint64_t>(config_.run.seed), first_ones);
    Image views = data::contact_sheet(*data_.train, specs_, sheet);
    data::write_png(folder_->file(files::views), views);
    return views;
  }

  TrainSummary execute(std::span<report::TrainObserver* const> own) {
    const bool first = ranks().rank() == 0;
    if (first) share_start(options_.group, learning_, position_of(from_));
    TellAlarms alarms(log_, plan_.stop_on_collapse);
    std::vector<report::TrainObserver*> observers(options_.observers.begin(),
                                                  options_.observers.end());
    observers.insert(observers.end(), own.begin(), own.end());
    observers.insert(observers.end(), {&kept_, &alarms});
    train::Trainer trainer(learning_.learner(), loader_, plan_, observers,
                           {evaluator(), examine, first ? probe_.get() : nullptr, checkpoints_,
                            agreement(options_.group)},
                           position_of(from_));
    trainer_ = &trainer;
    TrainSummary summary;
    const auto note_end = [&] {
      steps_ = trainer.steps_done();
      trainer_ = nullptr;
    };
    try {
      summary.reason = trainer.run(info(), stop());
    } catch (...) {
      note_end();
      throw;
    }
    note_end();
    summary.steps = steps_;
    summary.evaluations = std::move(kept_.events);
    return summary;
  }

  const std::atomic<bool>& stop() const {
    static const std::atomic<bool> never{false};
    return options_.stop != nullptr ? *options_.stop : never;
  }

  train::Evaluate evaluator() {
    const int every = config_.eval.knn_every;
    return [this, every](std::int64_t epoch, std::int64_t step,
                         bool last) -> std::optional<std::vector<report::EvalEvent>> {
      std::vector<report::EvalEvent> events;
      const bool due = last || (every > 0 && epoch % every == 0);
      if (!data_.queries || options_.dry_run || !due || ranks().rank() > 0) return events;
      try {
        judge(epoch, step, events);
      } catch (const Stopped&) {
        return std::nullopt;
      }
      return events;
    };
  }

  /// What was trained counts more than what it is worth: features that are not finite end nothing.
  void judge(std::int64_t epoch, std::int64_t step, std::vector<report::EvalEvent>& events) {
    try {
      events = evaluate(learning_.encoder(), config_, data_, loader_.shapes().front(), epoch, step,
                        probe_.get(), stop());
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::guard) throw;
      log_.warn("no kNN after ", report::counted(step, "step"), ": ", error.what());
      return;
    }
    // Chosen on the queries: never on test pictures.
    const double top1 = events.front().values.front().value;
    if (config_.eval.knn_every < 1 || !config_.eval.path.empty()) return;
    if (top1 > checkpoints_->best_top1()) checkpoints_->keep_best(trainer_->position(), top1);
  }

  const config::Config config_;
  plugin::Catalog& catalog_;
  const TrainOptions& options_;
  Log& log_;
  at::Device device_;
  DataSet data_;
  config::Config resolved_;
  std::vector<data::ViewSpec> specs_;
  data::BatchLoader loader_;
  train::Plan plan_;
  Learning learning_;
  std::unique_ptr<ProbeFollower> probe_;  // null without
  formats::TrainingState from_;           // of step 0 unless resumed
  KeepEvaluations kept_;
  const RunFolder* folder_ = nullptr;   // null during a dry run
  Checkpoints* checkpoints_ = nullptr;  // likewise
  train::Trainer* trainer_ = nullptr;   // while it trains
  std::int64_t steps_ = 0;
  bool failure_kept_ = false;
};

}  // namespace

TrainSummary train(const Prepared& prepared, plugin::Catalog& catalog, const TrainOptions& options,
                   Log& log) {
  return TrainRun(prepared, catalog, options, log).run();
}

}  // namespace tandem::run
