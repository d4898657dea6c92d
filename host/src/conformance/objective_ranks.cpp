#include "conformance/objective_checks.hpp"
#include "conformance/trial.hpp"
#include "tandem/sdk/testing.hpp"

#include <torch/types.h>

#include <memory>

namespace tandem::conformance::objective {
namespace {

constexpr int rank_count = 2;

/// A rank whose group comes later: objectives are made one after another, so that equal seeds give
/// equal weights, and then run in threads. While there is no group its operations are identities.
class LateRank final : public Collective {
 public:
  explicit LateRank(int rank) : rank_(rank) {}
  void join(Collective& group) { group_ = &group; }
  int rank() const override { return rank_; }
  int size() const override { return rank_count; }
  at::Tensor all_reduce_sum(const at::Tensor& tensor) override {
    return group_ == nullptr ? tensor : group_->all_reduce_sum(tensor);
  }
  at::Tensor all_gather(const at::Tensor& tensor) override {
    return group_ == nullptr ? tensor : group_->all_gather(tensor);
  }

 private:
  int rank_;
  Collective* group_ = nullptr;
};

/// What the host would have after a step at learning rate 0.
struct Outcome {
  at::Tensor loss;
  std::vector<at::Tensor> gradients;
  Snapshot state;
};

/// In eval mode, where BatchNorm sees no batch: over ranks it is the host's to synchronise.
Outcome run(Trial& trial, const std::vector<at::Tensor>& views) {
  trial.train(false);
  const auto embeddings = trial.forward(views);
  const at::Tensor total = trial.loss(embeddings).total;
  trial.backward(total);
  Outcome outcome{total.detach(), {}, {}};
  for (const auto& item : trial.parameters()) {
    const at::Tensor gradient = item.tensor.grad();
    outcome.gradients.push_back(gradient.defined() ? gradient.flatten()
                                                   : at::zeros_like(item.tensor).flatten());
  }
  trial.after_optimizer_step(embeddings, 0);
  outcome.state = trial.state();
  return outcome;
}

std::vector<at::Tensor> rows_of(const std::vector<at::Tensor>& views, int rank) {
  std::vector<at::Tensor> own;
  for (const auto& view : views)
    own.push_back(view.chunk(rank_count)[static_cast<std::size_t>(rank)]);
  return own;
}

std::vector<Outcome> run_on_ranks(const Subject& subject) {
  std::vector<std::unique_ptr<LateRank>> ranks;
  std::vector<std::unique_ptr<Trial>> trials;
  for (int i = 0; i < rank_count; ++i) {
    ranks.push_back(std::make_unique<LateRank>(i));
    trials.push_back(
        std::make_unique<Trial>(subject, TrialOptions{.collective = ranks.back().get()}));
  }
  std::vector<Outcome> outcomes(rank_count);
  testing::run_ranks(rank_count, [&](Collective& group) {
    const auto own = static_cast<std::size_t>(group.rank());
    ranks[own]->join(group);
    outcomes[own] = run(*trials[own], rows_of(trials[own]->views(), group.rank()));
  });
  return outcomes;
}

void skip_if_random(const Subject& subject) {
  Trial trial(subject);
  trial.train(false);
  trial.seed("one");
  const at::Tensor first = trial.loss(trial.forward(trial.views())).total;
  trial.seed("another");
  const at::Tensor second = trial.loss(trial.forward(trial.views())).total;
  if (!same_bits(first, second)) {
    throw NotApplicable(
        "the loss draws random numbers in eval mode, so that ranks cannot be "
        "compared with the whole batch");
  }
}

}  // namespace

void ranks_agree(const Subject& subject) {
  constexpr double tolerance = 1e-8;
  skip_if_random(subject);
  Trial alone(subject);
  const Outcome whole = run(alone, alone.views());
  const auto ranks = run_on_ranks(subject);

  const at::Tensor loss = (ranks[0].loss + ranks[1].loss) / rank_count;
  expect(distance(loss, whole.loss) <= tolerance, "the mean loss of two ranks is ",
         loss.item<double>(), ", that of the whole batch on one rank ", whole.loss.item<double>(),
         ": what the loss computes over the batch must be summed or gathered over ranks");
  const at::Tensor gradient =
      (at::cat(ranks[0].gradients) + at::cat(ranks[1].gradients)) / rank_count;
  const double off = distance(gradient, at::cat(whole.gradients));
  expect(off <= tolerance, "the gradients of two ranks, averaged, are off by ", off,
         " (relative) from those of the whole batch on one rank");
  for (const auto& rank : ranks) {
    for (std::size_t i = 0; i < whole.state.size(); ++i) {
      const bool same = i < rank.state.size() &&
                        distance(rank.state[i].tensor, whole.state[i].tensor) <= tolerance;
      expect(same, "after_optimizer_step leaves other values in '", whole.state[i].name,
             "' on two ranks than on one");
    }
  }
}

}  // namespace tandem::conformance::objective
