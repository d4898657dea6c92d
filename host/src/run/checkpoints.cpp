#include "run/checkpoints.hpp"

#include "checkpoint/weights.hpp"
#include "formats/atomic_file.hpp"
#include "formats/disk.hpp"
#include "formats/sealed_folder.hpp"
#include "plugin/stamp.hpp"
#include "report/text.hpp"
#include "run/manifest.hpp"
#include "run/trained_run.hpp"
#include "tandem/base/error.hpp"
#include "train/diagnosis.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tandem::run {
namespace {

namespace fs = std::filesystem;
namespace saved = checkpoint::files;

State optimizer_state(Learning& learning) {
  return checkpoint::collect(
      [&](StateVisitor& visitor) { learning.learner().optimizer().visit(visitor); });
}

State probe_state(train::Follower& probe) {
  return checkpoint::collect([&](StateVisitor& visitor) { probe.visit(visitor); });
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::uint64_t free_bytes(const fs::path& folder) {
  std::error_code error;
  const auto space = fs::space(folder, error);
  return error ? UINT64_MAX : space.available;
}

/// Seconds that a file of so many bytes takes until it is durable.
double seconds_to_write(const fs::path& file, std::size_t bytes) {
  std::vector<std::uint64_t> content(bytes / sizeof(std::uint64_t) + 1);
  std::generate(content.begin(), content.end(),
                std::mt19937_64());  // weights do not compress either
  const auto begin = std::chrono::steady_clock::now();
  formats::write_file(file, {reinterpret_cast<const char*>(content.data()), bytes});
  return seconds_since(begin);
}

/// About how long a checkpoint of so many bytes in so many files takes, from what a small file and
/// one of 4 MiB take in this folder now; nothing where they cannot be written.
std::optional<double> predict_seconds(const fs::path& folder, std::uint64_t bytes, int files) {
  constexpr std::size_t sample = std::size_t{4} << 20;
  // As what a kill leaves of a file is called, and swept away by the next start.
  const fs::path file = folder / ".speed.tmp";
  std::optional<double> seconds;
  try {
    const double one = seconds_to_write(file, 1), all = seconds_to_write(file, sample);
    seconds = files * one + std::max(all - one, 0.0) * static_cast<double>(bytes) / sample;
  } catch (const Error&) {
    // A checkpoint that cannot be written says so itself.
  }
  std::error_code ignored;
  fs::remove(file, ignored);
  return seconds;
}

/// Removes the checkpoints before the newest one that verifies, but for those that are kept for
/// good. Gives those that went.
std::vector<checkpoint::Entry> prune_to_newest_whole(
    const checkpoint::Store& store, const std::function<bool(std::int64_t step)>& for_good) {
  const auto entries = store.list();
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    try {
      checkpoint::verify_named(*entry);
    } catch (const Error&) {
      continue;
    }
    return store.prune(0, [&](std::int64_t step) { return step >= entry->step || for_good(step); });
  }
  return {};
}

}  // namespace

formats::TrainingState describe_training(const TrainingParts& parts, const train::Plan& plan) {
  formats::TrainingState state = describe_machine();
  state.steps_per_epoch = plan.steps_per_epoch;
  state.total_steps = plan.total_steps;
  state.ranks = plan.ranks;
  state.data = data::fingerprint(*parts.data.train);
  for (const auto& file : parts.catalog.files()) {
    if (file.opened()) state.plugins[std::string(plugin::text(file.stamp.id))] = file.sha256;
  }
  state.files = named_files(parts.config);
  return state;
}

std::uint64_t predict_bytes(const TrainingParts& parts) {
  auto& learning = parts.learning;
  std::uint64_t bytes = checkpoint::bytes_of(state_of(learning.encoder())) +
                        checkpoint::bytes_of(state_of(learning.learner().objective())) +
                        checkpoint::bytes_of(optimizer_state(parts.learning));
  if (parts.probe != nullptr) bytes += checkpoint::bytes_of(probe_state(*parts.probe));
  return bytes;
}

std::uint64_t write_checkpoint(const fs::path& folder, const TrainingParts& parts,
                               const formats::TrainingState& state,
                               std::span<const at::Tensor> views) {
  formats::SealedFolder sealed(folder, predict_bytes(parts));
  const auto add = [&](const char* name, const State& tensors,
                       const formats::Metadata& metadata = {}) {
    sealed.add(name, checkpoint::save_weights(sealed.file(name), tensors, metadata));
  };
  const double epochs =
      static_cast<double>(state.step) / static_cast<double>(state.steps_per_epoch);
  add(saved::model, state_of(parts.learning.encoder()),
      weights_metadata(parts.config, parts.data, parts.shape, epochs));
  add(saved::objective, state_of(parts.learning.learner().objective()),
      {{"objective", parts.config.objective.id}});
  add(saved::optimizer, optimizer_state(parts.learning),
      {{"optimizer", parts.config.optimizer.id}});
  if (parts.probe != nullptr) add(saved::probe, probe_state(*parts.probe));
  if (!views.empty()) {
    State shown;
    for (const at::Tensor& view : views)
      shown.buffers.push_back({"view." + std::to_string(shown.buffers.size()), view});
    add(saved::views, shown);
  }
  sealed.write(saved::config, config::to_toml(parts.config));
  sealed.write(saved::state, formats::to_json_text(state));
  return sealed.seal();
}

void read_checkpoint(const fs::path& folder, Learning& learning, train::Follower* probe) {
  checkpoint::LoadOptions exactly;
  exactly.remedy = "resume with the configuration and the plugins that it was saved with";
  auto& objective = learning.learner().objective();
  checkpoint::load_weights(folder / saved::model, learning.encoder(), exactly);
  checkpoint::load_weights(folder / saved::objective, objective, exactly);
  checkpoint::load_weights(folder / saved::optimizer, optimizer_state(learning), exactly);
  if (probe != nullptr && fs::exists(folder / saved::probe))
    checkpoint::load_weights(folder / saved::probe, probe_state(*probe), exactly);
}

CheckpointCost try_checkpoint(const TrainingParts& parts, const train::Plan& plan) {
  const auto begin = std::chrono::steady_clock::now();
  auto folder = fs::absolute(parts.config.run.out);
  while (!fs::is_directory(folder)) folder = folder.parent_path();
  folder /= ".tandem-dry-run-" + std::to_string(::getpid());
  CheckpointCost cost;
  cost.bytes = write_checkpoint(folder, parts, describe_training(parts, plan));
  cost.write_seconds = seconds_since(begin);
  const auto written = std::chrono::steady_clock::now();
  try {
    checkpoint::verify({0, folder});
    read_checkpoint(folder, parts.learning, parts.probe);
  } catch (...) {
    formats::remove_folder(folder);
    throw;
  }
  cost.read_seconds = seconds_since(written);
  formats::remove_folder(folder);
  return cost;
}

Checkpoints::Checkpoints(const RunFolder& folder, const TrainingParts& parts,
                         const train::Plan& plan, report::MetricsLog& metrics,
                         report::TensorBoardLog& tensorboard, Log& log)
    : folder_(folder),
      parts_(parts),
      store_(folder.file(files::checkpoints)),
      metrics_(metrics),
      tensorboard_(tensorboard),
      log_(log),
      fixed_(describe_training(parts, plan)),
      bytes_(predict_bytes(parts)),
      named_bytes_(checkpoint::bytes_of(state_of(parts.learning.encoder())) +
                   checkpoint::bytes_of(state_of(parts.learning.learner().objective()))) {
  store_.prepare();
  const auto seconds = predict_seconds(store_.folder(), bytes_ + named_bytes_, 9);
  log_.write(LogLevel::info,
             Log::join("a checkpoint takes ", formats::human_bytes(bytes_),
                       seconds ? " and about " + report::fixed(*seconds, 2) + " s" : "",
                       ", at most ", parts.config.checkpoint.keep + 2, " are there at a time, ",
                       formats::human_bytes(free_bytes(store_.folder())), " are free"));
  make_room();
}

void Checkpoints::resume(const formats::TrainingState& state) {
  fixed_.best_top1 = state.best_top1;
  saved_step_ = state.step;
  // A kill may have come between the checkpoint and what names it.
  point([&] { store_.set_latest(state.step); });
  give_names(store_.path_of(state.step));
}

bool Checkpoints::for_good(std::int64_t step) const {
  const std::int64_t every = parts_.config.checkpoint.keep_every * fixed_.steps_per_epoch;
  return every > 0 && step > 0 && step % every == 0;
}

bool Checkpoints::is_due(std::int64_t step) const {
  const auto& when = parts_.config.checkpoint;
  return step == fixed_.total_steps || for_good(step) ||
         (when.every_steps > 0 && step % when.every_steps == 0) ||
         (when.every > 0 && seconds_since(saved_at_) >= 60 * when.every);
}

void Checkpoints::after_step(const train::Position& position) {
  if (is_due(position.step)) save(position);
}

void Checkpoints::stopped(const train::Position& position) {
  if (position.step > 0) save(position);
}

/// A run that fails already fails for that reason, not for another.
void Checkpoints::failed(const train::Position& position) noexcept {
  if (kept_failure_ || position.step == 0) return;
  try {
    save(position);
  } catch (const std::exception& error) {
    log_.warn("what was learnt since the last checkpoint is lost: ", error.what());
  }
}

/// Old ones go first, the newest stays if it is whole: it is what a full disk is survived with.
void Checkpoints::make_room() const {
  const std::uint64_t all = bytes_ + named_bytes_, needed = all + all / 100 + (1U << 16);
  if (free_bytes(store_.folder()) >= needed) return;
  for (const auto& entry :
       prune_to_newest_whole(store_, [this](std::int64_t step) { return for_good(step); }))
    log_.warn("there is no room for another checkpoint: ", entry.folder.filename().string(),
              " is removed, though checkpoint.keep would keep it");
  if (free_bytes(store_.folder()) < needed) {
    throw formats::write_error(store_.folder(), ENOSPC, needed);
  }
}

/// The newest checkpoint is where a run goes on: one that no run can go on from is not saved.
void Checkpoints::require_finite(std::int64_t step) const {
  const std::string fault = train::first_parameter_not_finite(
      parts_.learning.learner().optimizer(),
      {parts_.config.backbone.id, parts_.config.objective.id, {}});
  if (fault.empty()) return;
  throw Error(ErrorKind::guard,
              Log::join("step ", step, " has broken ", fault,
                        "; it is not saved, and what was saved before stays. Try a lower "
                        "optimizer.lr, or a longer schedule.warmup_epochs"));
}

formats::TrainingState Checkpoints::state_at(const train::Position& position) {
  auto state = fixed_;
  state.step = position.step;
  state.epoch_ended = position.epoch_ended;
  state.images = position.images;
  state.part_seconds = position.part_seconds;
  state.looked_in = position.looked_in;
  state.alarm_signs = position.alarm_signs;
  state.seconds = position.seconds;
  state.metrics_bytes = metrics_.sync();
  state.tensorboard_bytes = tensorboard_.sync();
  state.saved = utc_now();
  return state;
}

/// Links are for people: a file system that has none keeps no run from being saved.
void Checkpoints::point(const std::function<void()>& set) {
  try {
    set();
  } catch (const Error& error) {
    if (!std::exchange(told_of_links_, true)) log_.warn(error.what());
  }
}

/// The newest weights, where people look for them.
void Checkpoints::give_names(const fs::path& checkpoint) const {
  formats::copy_file(checkpoint / saved::model, folder_.file(files::backbone));
  formats::copy_file(checkpoint / saved::objective, folder_.file(files::objective));
}

void Checkpoints::keep_failure(const train::Position& position, std::span<const at::Tensor> views,
                               const std::string& problem) {
  const checkpoint::Store failures(folder_.file(files::replay));
  const auto path = failures.path_of(position.step);
  auto state = state_at(position);
  state.problem = problem;
  try {
    failures.prepare();
    if (fs::exists(path)) formats::remove_folder(path);  // a resume that failed at the same step
    write_checkpoint(path, parts_, state, views);
    // The names are the newest checkpoint's, but this is better than none.
    if (position.step > 0 && saved_step_ < 0) give_names(path);
  } catch (const Error& error) {
    log_.warn("the step that failed is not kept: ", error.what());
    return;
  }
  kept_failure_ = true;
  if (views.empty())
    log_.info("what it was then is kept in ", path.string());
  else
    log_.info("the step that failed can be done again: tandem train --replay ", path.string());
}

void Checkpoints::save(const train::Position& position) {
  if (position.step == saved_step_) return;
  const auto begin = std::chrono::steady_clock::now();
  require_finite(position.step);
  make_room();
  const auto path = store_.path_of(position.step);
  if (fs::exists(fs::symlink_status(path))) store_.set_aside({position.step, path});
  const std::uint64_t bytes = write_checkpoint(path, parts_, state_at(position));
  saved_step_ = position.step;
  saved_at_ = std::chrono::steady_clock::now();
  point([&] { store_.set_latest(position.step); });
  store_.prune(parts_.config.checkpoint.keep, [this](std::int64_t step) { return for_good(step); });
  give_names(path);
  tell(position.step, bytes, seconds_since(begin));
}

void Checkpoints::tell(std::int64_t step, std::uint64_t bytes, double seconds) {
  // What each costs is known from the first.
  const auto level = std::exchange(told_of_cost_, true) ? LogLevel::debug : LogLevel::info;
  log_.write(level, Log::join("step ", step, " saved: ", formats::human_bytes(bytes), " in ",
                              report::fixed(seconds, 3), " s"));
}

void Checkpoints::keep_best(const train::Position& position, double top1) {
  save(position);
  fixed_.best_top1 = top1;
  point([&] { store_.set_best(position.step); });
  formats::copy_file(store_.path_of(position.step) / saved::model, folder_.file(files::best));
}

}  // namespace tandem::run
