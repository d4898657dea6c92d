#include "run/passes.hpp"

#include "config/parse.hpp"
#include "run/together.hpp"
#include "tandem/base/error.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/rand.h>

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

/// Why views of this run cannot pass together; empty where they can.
std::string obstacle(const config::Config& config, train::Learner& learner,
                     const std::vector<data::Shape>& shapes, const train::Plan& plan) {
  if (config.train.views != "separate") return "train.views is \"" + config.train.views + '"';
  if (!plan.device.is_cpu()) return "run.device is not the CPU";
  const std::string found = learner.difference_together(noise(shapes, plan.type));
  return found.empty() ? "" : "a trial of '" + config.backbone.id + "': " + found;
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
  std::string apart;
  if (for_memory)
    apart = "train.accumulate saves memory";
  else if (wanted != "apart")
    apart = obstacle(config, learner, shapes, plan);
  if (wanted == "together" && !apart.empty()) {
    throw Error(ErrorKind::config, "train.passes = \"together\" would train something else, by " +
                                       apart + "; set train.passes = \"apart\"");
  }
  const bool together = said_by_first(wanted != "apart" && apart.empty(), ranks) == 1;
  log.write(LogLevel::debug, together ? "views of one size pass the backbone together"
                                      : "views pass the backbone one after another" +
                                            (apart.empty() ? std::string() : ": " + apart));
  return together ? "together" : "apart";
}

}  // namespace tandem::run
