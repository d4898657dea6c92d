#include "run/replay.hpp"

#include "checkpoint/store.hpp"
#include "checkpoint/tensor_types.hpp"
#include "formats/safetensors.hpp"
#include "run/checkpoints.hpp"
#include "run/configuration.hpp"
#include "tandem/base/error.hpp"

#include <ATen/ops/empty.h>

#include <vector>

namespace tandem::run {
namespace {

/// As the loader lays them out: channels innermost.
std::vector<at::Tensor> read_views(const std::filesystem::path& path) {
  const auto file = formats::SafetensorsFile::open(path);
  std::vector<at::Tensor> views;
  while (const auto* info = file.find("view." + std::to_string(views.size()))) {
    at::Tensor view = at::empty(info->shape, checkpoint::scalar_type(info->type));
    file.read(*info, view.data_ptr());
    if (view.dim() != 4)
      throw Error(ErrorKind::checkpoint,
                  path.string() + ": " + info->name + " is no batch of views");
    views.push_back(view.contiguous(at::MemoryFormat::ChannelsLast));
  }
  return views;
}

std::vector<data::Shape> shapes_of(const std::vector<at::Tensor>& views) {
  std::vector<data::Shape> shapes;
  for (const at::Tensor& view : views)
    shapes.push_back({static_cast<int>(view.size(2)), static_cast<int>(view.size(3)),
                      static_cast<int>(view.size(1))});
  return shapes;
}

/// A folder may come from anywhere: what does not fit together is refused before it is used.
void require_fitting(const std::vector<at::Tensor>& views, const config::Config& config,
                     const std::filesystem::path& folder) {
  bool fits = views.size() == view_contexts(config).size();
  for (const at::Tensor& view : views)
    fits = fits && view.numel() > 0 && view.size(0) == views.front().size(0) &&
           view.scalar_type() == precision(config.run);
  if (!fits)
    throw Error(ErrorKind::checkpoint,
                folder.string() + ": its views are not those that its configuration makes");
}

}  // namespace

Replay replay(const std::filesystem::path& folder, const ReplayOptions& options,
              plugin::Catalog& catalog, Log& log) {
  const auto state = checkpoint::verify({0, folder});
  const auto views_file = folder / checkpoint::files::views;
  if (state.problem.empty() || !std::filesystem::exists(views_file)) {
    throw Error(ErrorKind::checkpoint,
                folder.string() + " keeps no step that failed: those lie in a run's folder replay");
  }
  const auto views = read_views(views_file);
  if (views.empty())
    throw Error(ErrorKind::checkpoint, views_file.string() + " holds no batch of views");
  const auto shapes = shapes_of(views);
  auto layers = layers_of_run(folder);
  layers.assignments.insert(layers.assignments.end(), options.assignments.begin(),
                            options.assignments.end());
  const auto config = prepare_for(layers, catalog, shapes.front());
  require_fitting(views, config, folder);
  options.set_threads(config.run.threads);
  if (state.ranks > 1)
    log.info("the step was done by ", state.ranks, " ranks: their views are one batch here");
  const auto plan = make_plan(config, state.steps_per_epoch);
  Learning learning(config, catalog, shapes, plan, {}, log);
  read_checkpoint(folder, learning, nullptr);
  Replay result{state.step + 1, state.problem, "", 0};
  try {
    const auto step =
        learning.learner().step(views, {state.step, state.total_steps, state.steps_per_epoch});
    result.loss = step.loss.item<double>();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::guard) throw;
    result.seen = error.what();
  }
  return result;
}

}  // namespace tandem::run
