#include "eval/linear_probe.hpp"

#include "data/epoch_order.hpp"
#include "eval/class_numbers.hpp"
#include "eval/probe_trainer.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"
#include "tandem/base/random.hpp"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>
#include <utility>

namespace tandem::eval {
namespace {

// What is drawn from a seed, apart from an epoch's order.
enum Stream : std::uint16_t { labels_stream = 1, validation_stream = 2, weights_stream = 3 };

at::Tensor index_tensor(const std::vector<std::int64_t>& values) {
  return at::tensor(at::ArrayRef<std::int64_t>(values), at::kLong);
}

std::map<std::int64_t, std::vector<std::int64_t>> rows_by_class(const Features& features) {
  std::map<std::int64_t, std::vector<std::int64_t>> rows;
  for (std::size_t i = 0; i < features.labels.size(); ++i)
    rows[features.labels[i]].push_back(static_cast<std::int64_t>(i));
  return rows;
}

/// `count` of the rows of a class.
std::vector<std::int64_t> draw(const std::vector<std::int64_t>& rows, std::int64_t count,
                               std::int64_t label, Stream stream, std::uint64_t seed) {
  Random random({.seed = seed, .sample = static_cast<std::uint32_t>(label), .view = stream});
  const auto order = random.permutation(static_cast<std::int64_t>(rows.size()));
  std::vector<std::int64_t> drawn;
  for (std::int64_t i = 0; i < count; ++i)
    drawn.push_back(rows[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
  return drawn;
}

bool finite(const Linear& probe) {
  return at::isfinite(probe.weight).all().item<bool>() &&
         at::isfinite(probe.bias).all().item<bool>();
}

struct Split {
  Features training, validation;
};

/// A share of every class to choose rates by, none of a class that has too few rows for it.
Split split(const Features& bank, const LinearOptions& options) {
  std::set<std::int64_t> held;
  for (const auto& [label, rows] : rows_by_class(bank)) {
    const double wanted = options.validation * static_cast<double>(rows.size());
    const auto count = static_cast<std::int64_t>(std::lround(wanted));
    for (const auto row : draw(rows, count, label, validation_stream, options.seed))
      held.insert(row);
  }
  std::vector<std::int64_t> validation(held.begin(), held.end()), training;
  for (std::int64_t row = 0; row < bank.values.size(0); ++row) {
    if (!held.contains(row)) training.push_back(row);
  }
  return {take(bank, training), take(bank, validation)};
}

std::int64_t class_bound(const Features& features) {
  return 1 + *std::max_element(features.labels.begin(), features.labels.end());
}

Linear first_weights_for(const Features& bank, std::uint64_t seed) {
  return first_weights(class_bound(bank), bank.values.size(1), seed, bank.values.scalar_type());
}

/// The best rate in `result`, where there is something to choose and to choose by.
void choose_rate(const Features& bank, const LinearOptions& options, const TellEpoch& tell,
                 LinearResult& result) {
  result.rate = options.rates.size() == 1 ? options.rates[0] : options.fallback_rate;
  if (options.rates.size() == 1) return;
  const auto [training, validation] = split(bank, options);
  if (validation.labels.empty()) return;
  const auto probes =
      train_probes(training, first_weights_for(bank, options.seed), options.rates, options, tell);
  for (std::size_t i = 0; i < probes.size(); ++i) {
    if (!finite(probes[i])) continue;
    const double top1 = judge(probes[i], validation).top1;
    if (top1 <= result.validation) continue;
    result.validation = top1;
    result.rate = options.rates[i];
  }
  if (result.validation < 0) {
    throw Error(ErrorKind::guard,
                "the linear probe diverged at every learning rate: give smaller ones with --lr");
  }
  result.chosen = true;
}

void require_labels(const Features& features, const char* which) {
  if (features.labels.empty()) {
    throw Error(ErrorKind::data, std::string("a linear probe needs labels, and the ") + which +
                                     " have none: sort the pictures into a folder a class");
  }
}

void require_usable(const Features& known, const Features& asked) {
  require_labels(known, "training pictures");
  require_labels(asked, "queries");
  require_equal_width(known, asked);
  require_finite(known, "training pictures");
  require_finite(asked, "queries");
}

}  // namespace

Linear first_weights(std::int64_t classes, std::int64_t width, std::uint64_t seed,
                     at::ScalarType type) {
  Random random({.seed = seed, .view = weights_stream});
  const at::Tensor weight = at::empty({classes, width}, at::kDouble);
  auto* values = weight.data_ptr<double>();
  for (std::int64_t i = 0; i < weight.numel(); ++i) values[i] = 0.01 * random.normal();
  return {weight.to(type), at::zeros({classes}, type)};
}

std::vector<Linear> train_probes(const Features& rows, const Linear& first,
                                 std::span<const double> rates, const LinearOptions& options,
                                 const TellEpoch& tell) {
  const at::NoGradGuard no_grad;
  ProbeTrainer trainer(first, rates, options);
  const std::int64_t count = rows.values.size(0);
  const at::Tensor labels = index_tensor(rows.labels);
  data::EpochOrder order(count, options.seed);
  std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
  for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
    if (tell) tell(epoch, options.epochs);
    order.copy(epoch, 0, indices);
    const at::Tensor all = index_tensor(indices);
    const double passed = static_cast<double>(epoch) / static_cast<double>(options.epochs);
    const double share = (1 + std::cos(std::numbers::pi * passed)) / 2;
    for (std::int64_t begin = 0; begin < count; begin += options.batch) {
      const auto batch = all.narrow(0, begin, std::min(options.batch, count - begin));
      trainer.step(rows.values.index_select(0, batch), labels.index_select(0, batch), share);
    }
  }
  return trainer.probes();
}

Accuracy judge(const Linear& probe, const Features& queries) {
  constexpr std::int64_t at_once = 4096;
  const at::Tensor labels = index_tensor(queries.labels);
  const std::int64_t count = queries.values.size(0);
  const std::int64_t ranks = std::min<std::int64_t>(5, probe.weight.size(0));
  std::int64_t first_right = 0, any_right = 0;
  for (std::int64_t begin = 0; begin < count; begin += at_once) {
    const std::int64_t size = std::min(at_once, count - begin);
    const auto logits =
        at::addmm(probe.bias, queries.values.narrow(0, begin, size), probe.weight.t());
    const auto answers = std::get<1>(logits.topk(ranks, 1));
    const auto right = answers.eq(labels.narrow(0, begin, size).unsqueeze(1));
    first_right += right.select(1, 0).sum().item<std::int64_t>();
    any_right += right.sum().item<std::int64_t>();
  }
  const auto share = [count](std::int64_t right) {
    return static_cast<double>(right) / static_cast<double>(count);
  };
  return {share(first_right), share(any_right)};
}

Features known_labels(const Features& bank, double fraction, std::uint64_t seed) {
  const auto classes = rows_by_class(bank);
  const double each =
      fraction * static_cast<double>(bank.labels.size()) / static_cast<double>(classes.size());
  const auto wanted = std::max<std::int64_t>(1, std::lround(each));
  std::vector<std::int64_t> rows;
  for (const auto& [label, members] : classes) {
    const auto count = std::min(wanted, static_cast<std::int64_t>(members.size()));
    const auto drawn = draw(members, count, label, labels_stream, seed);
    rows.insert(rows.end(), drawn.begin(), drawn.end());
  }
  std::sort(rows.begin(), rows.end());
  return take(bank, rows);
}

LinearResult linear_probe(const Features& bank, const Features& queries,
                          const LinearOptions& options, const TellEpoch& tell) {
  const at::NoGradGuard no_grad;
  auto known = labelled(bank), asked = labelled(queries);
  require_usable(known, asked);
  if (options.fraction < 1) known = known_labels(known, options.fraction, options.seed);
  const ClassNumbers classes(known.labels);
  known.labels = classes.of(known.labels);
  asked.labels = classes.of(asked.labels);
  LinearResult result;
  choose_rate(known, options, tell, result);
  const auto probe =
      train_probes(known, first_weights_for(known, options.seed), {&result.rate, 1}, options, tell)
          .front();
  if (!finite(probe)) {
    throw Error(ErrorKind::guard, Log::join("the linear probe diverged at the learning rate ",
                                            result.rate, ": give smaller ones with --lr"));
  }
  const Accuracy accuracy = judge(probe, asked);
  result.labels = known.values.size(0);
  result.classes = classes.count();
  result.top1 = accuracy.top1;
  if (result.classes > 5) result.top5 = accuracy.top5;
  return result;
}

}  // namespace tandem::eval
