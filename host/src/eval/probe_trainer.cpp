#include "eval/probe_trainer.hpp"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

namespace tandem::eval {

ProbeTrainer::ProbeTrainer(const Linear& first, std::span<const double> rates,
                           const LinearOptions& options)
    : momentum_(options.momentum),
      weight_decay_(options.weight_decay),
      probes_(static_cast<std::int64_t>(rates.size())),
      classes_(first.weight.size(0)),
      weight_(first.weight.repeat({probes_, 1})),
      bias_(first.bias.repeat({probes_})),
      weight_speed_(at::zeros_like(weight_)),
      bias_speed_(at::zeros_like(bias_)),
      rates_(at::tensor(at::ArrayRef<double>(rates.data(), rates.size()), at::kDouble)
                 .to(weight_.scalar_type())
                 .repeat_interleave(classes_)) {}

at::Tensor ProbeTrainer::logits(const at::Tensor& features) const {
  return at::addmm(bias_, features, weight_.t()).view({features.size(0), probes_, classes_});
}

void ProbeTrainer::step(const at::Tensor& features, const at::Tensor& labels,
                        double share_of_rate) {
  step(features, labels, share_of_rate, logits(features));
}

void ProbeTrainer::step(const at::Tensor& features, const at::Tensor& labels, double share_of_rate,
                        const at::Tensor& logits) {
  const std::int64_t count = features.size(0);
  auto gradient = logits.softmax(2);
  const auto truth = labels.view({count, 1, 1}).expand({count, probes_, 1});
  gradient.scatter_add_(2, truth, at::full({1}, -1, features.options()).expand_as(truth));
  gradient = gradient.view({count, probes_ * classes_}).div_(count);
  const at::Tensor rates = rates_ * share_of_rate;
  move(weight_, weight_speed_, gradient.t().mm(features), rates.unsqueeze(1));
  move(bias_, bias_speed_, gradient.sum(0), rates);
}

std::vector<Linear> ProbeTrainer::probes() const {
  std::vector<Linear> list;
  for (std::int64_t i = 0; i < probes_; ++i) {
    const std::int64_t first = i * classes_;
    list.push_back(
        {weight_.narrow(0, first, classes_).clone(), bias_.narrow(0, first, classes_).clone()});
  }
  return list;
}

void ProbeTrainer::visit(StateVisitor& visitor) const {
  visitor.buffer("weight", weight_);
  visitor.buffer("bias", bias_);
  visitor.buffer("weight_speed", weight_speed_);
  visitor.buffer("bias_speed", bias_speed_);
}

void ProbeTrainer::move(at::Tensor& value, at::Tensor& speed, const at::Tensor& gradient,
                        const at::Tensor& rates) const {
  speed.mul_(momentum_).add_(gradient).add_(value, weight_decay_);
  value.addcmul_(speed, rates, -1);
}

}  // namespace tandem::eval
