#include "eval/online_probe.hpp"

#include "eval/linear_probe.hpp"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <array>
#include <cmath>
#include <utility>

namespace tandem::eval {
namespace {

enum { right_at, answers_at, steps_at };  // in the counts

LinearOptions options() {
  LinearOptions options;
  options.momentum = OnlineProbe::momentum;
  options.weight_decay = 0;
  return options;
}

std::int64_t right_answers(const at::Tensor& logits, const at::Tensor& labels) {
  return logits.select(1, 0).argmax(1).eq(labels).sum().item<std::int64_t>();
}

double share(std::int64_t right, std::int64_t all) {
  return all == 0 ? std::nan("") : static_cast<double>(right) / static_cast<double>(all);
}

}  // namespace

OnlineProbe::OnlineProbe(const std::vector<std::int64_t>& labels, std::int64_t width,
                         std::uint64_t seed)
    : classes_(labels),
      trainer_(first_weights(classes_.count(), width, seed, at::kFloat), std::array{rate},
               options()),
      counts_(at::zeros({3}, at::kLong)) {}

std::int64_t OnlineProbe::steps() const {
  return counts_.data_ptr<std::int64_t>()[steps_at];
}

void OnlineProbe::visit(StateVisitor& visitor) {
  trainer_.visit(visitor);
  visitor.buffer("counts", counts_);
}

void OnlineProbe::learn(const at::Tensor& latents, std::span<const std::int64_t> labels) {
  const at::NoGradGuard no_grad;
  std::vector<std::int64_t> rows, numbers;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::int64_t number = classes_.of(labels[i]);
    if (number < 0) continue;
    rows.push_back(static_cast<std::int64_t>(i));
    numbers.push_back(number);
  }
  if (rows.empty()) return;
  const at::Tensor features =
      latents.flatten(1).to(at::kCPU, at::kFloat).index_select(0, at::tensor(rows));
  const at::Tensor truth = at::tensor(numbers);
  const at::Tensor logits = trainer_.logits(features);
  auto* const counts = counts_.data_ptr<std::int64_t>();
  counts[right_at] += right_answers(logits, truth);
  counts[answers_at] += static_cast<std::int64_t>(rows.size());
  ++counts[steps_at];
  trainer_.step(features, truth, 1, logits);
}

double OnlineProbe::take_accuracy() {
  auto* const counts = counts_.data_ptr<std::int64_t>();
  return share(std::exchange(counts[right_at], 0), std::exchange(counts[answers_at], 0));
}

double OnlineProbe::accuracy(const Features& features) const {
  const at::NoGradGuard no_grad;
  Features asked = labelled(features);
  if (asked.labels.empty()) return std::nan("");
  asked.labels = classes_.of(asked.labels);
  return judge(trainer_.probes().front(), asked).top1;
}

}  // namespace tandem::eval
