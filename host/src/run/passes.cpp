#include "run/passes.hpp"

#include "config/parse.hpp"
#include "tandem/base/error.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/scalar_tensor.h>

#include <filesystem>

namespace tandem::run {
namespace {

/// A trial has numbers of its own, so that the run's are not touched.
std::vector<at::Tensor> noise(const std::vector<data::Shape>& shapes, at::ScalarType type) {
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(std::uint64_t{1});
  std::vector<at::Tensor> views;
  for (const data::Shape& shape : shapes) {
    views.push_back(
        at::rand({2, shape.channels, shape.height, shape.width}, generator, at::dtype(type))
            .contiguous(at::MemoryFormat::ChannelsLast));
  }
  return views;
}

bool same_together(const config::Config& config, train::Learner& learner,
                   const std::vector<data::Shape>& shapes, const train::Plan& plan) {
  return config.train.views == "separate" && plan.device.is_cpu() &&
         learner.same_together(noise(shapes, plan.type));
}

/// What rank 0 says.
bool agreed(bool own, Collective& ranks) {
  if (ranks.size() == 1) return own;
  const at::Tensor said = at::scalar_tensor(ranks.rank() == 0 && own ? 1 : 0, at::kLong);
  return ranks.all_reduce_sum(said).item<std::int64_t>() == 1;
}

}  // namespace

config::Config keep_passes(config::Config config, FolderUse use) {
  const auto file = std::filesystem::path(config.run.out) / files::config;
  if (config.train.passes != "auto" || use != FolderUse::resume || !std::filesystem::exists(file))
    return config;
  const auto document = config::parse_file(file);
  const auto* node = document.find("train.passes");
  const std::string* text = node == nullptr ? nullptr : node->text();
  // Programs that wrote none had one pass a view.
  config.train.passes = text == nullptr || *text == "auto" ? "apart" : *text;
  return config;
}

std::string settle_passes(const config::Config& config, train::Learner& learner,
                          const std::vector<data::Shape>& shapes, const train::Plan& plan,
                          Collective& ranks, Log& log) {
  const std::string& wanted = config.train.passes;
  // A chunk of all views takes the memory of as many chunks of one.
  const bool for_memory = wanted == "auto" && config.train.accumulate > 1;
  const bool same =
      wanted != "apart" && !for_memory && same_together(config, learner, shapes, plan);
  if (wanted == "together" && !same) {
    throw Error(ErrorKind::config,
                "train.passes = \"together\" needs separate views on the CPU, and networks whose "
                "rows meet in BatchNorm alone and that draw no random numbers: a trial with '" +
                    config.backbone.id + "' and '" + config.objective.id +
                    "' gave other latents; set train.passes = \"apart\"");
  }
  const bool together = agreed(same, ranks);
  log.write(LogLevel::debug, together ? "views of one size pass the backbone together"
                                      : "views pass the backbone one after another");
  return together ? "together" : "apart";
}

}  // namespace tandem::run
