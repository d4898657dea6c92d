#include "run/online_probe.hpp"

#include "run/evaluation.hpp"
#include "run/pictures.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tandem::run {

ProbeFollower::ProbeFollower(SourcePointer train, std::int64_t width, std::uint64_t seed)
    : train_(std::move(train)), probe_(labels_of(*train_), width, seed) {}

void ProbeFollower::after_step(const at::Tensor& latents, std::span<const std::int64_t> samples) {
  if (!latents.defined()) return;
  labels_.clear();
  for (const std::int64_t sample : samples) labels_.push_back(train_->label(sample));
  probe_.learn(latents, labels_);
}

report::Values ProbeFollower::take_values() {
  const double accuracy = probe_.take_accuracy();
  if (std::isnan(accuracy)) return {};
  return {{"online_probe_top1", 100 * accuracy}};
}

report::EvalEvent ProbeFollower::evaluate(const eval::Features& queries,
                                          const config::Config& config, const DataSet& data,
                                          std::int64_t epoch, std::int64_t step) const {
  report::EvalEvent event;
  event.name = "online_probe";
  event.protocol = Log::join(
      "online linear probe, top1 in %, SGD, momentum ", eval::OnlineProbe::momentum, ", rate ",
      eval::OnlineProbe::rate, ", no weight decay, batch ", config.train.batch_size,
      ", trained beside the network on ", data.train->size(), " augmented pictures of ",
      probe_.classes(), " classes, features of ", network(config), ", eval mode, ",
      std::count_if(queries.labels.begin(), queries.labels.end(),
                    [](std::int64_t label) { return label >= 0; }),
      " queries from ", data.queries_from, ", seed ", config.run.seed, ", after ", step,
      " steps, epoch ", epoch);
  event.values = {{"online_probe_top1", 100 * probe_.accuracy(queries)}};
  event.step = step;
  event.epoch = epoch;
  return event;
}

std::unique_ptr<ProbeFollower> make_probe(const config::Config& config, const DataSet& data,
                                          std::int64_t width, Log& log) {
  if (!config.eval.online_probe) return nullptr;
  const auto labels = labels_of(*data.train);
  if (std::all_of(labels.begin(), labels.end(), [](auto label) { return label < 0; })) {
    log.warn("eval.online_probe: there is no probe, since the training pictures have no labels");
    return nullptr;
  }
  return std::make_unique<ProbeFollower>(data.train, width,
                                         static_cast<std::uint64_t>(config.run.seed));
}

}  // namespace tandem::run
