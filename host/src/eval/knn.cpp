#include "eval/knn.hpp"

#include "eval/top_k.hpp"
#include "tandem/base/error.hpp"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

namespace tandem::eval {
namespace {

// Similarities of one block fit the processor's cache.
constexpr std::int64_t query_block = 256;
constexpr std::int64_t bank_block = 4096;

at::Tensor unit_rows(const Features& features, const char* which) {
  if (features.values.size(0) == 0) {
    throw Error(ErrorKind::data, std::string("kNN needs labels, and the ") + which +
                                     " has none: sort the pictures into a folder a class");
  }
  if (!at::isfinite(features.values).all().item<bool>()) {
    throw Error(ErrorKind::guard, std::string("the features of the ") + which +
                                      " are not finite: the network is broken");
  }
  return normalise_rows(features.values);
}

TopK nearest(const at::Tensor& bank, const at::Tensor& queries, std::int64_t k,
             const at::Tensor& scratch) {
  TopK found(queries.size(0), k);
  for (std::int64_t first = 0; first < bank.size(0); first += bank_block) {
    const at::Tensor rows = bank.narrow(0, first, std::min(bank_block, bank.size(0) - first));
    const std::int64_t count = queries.size(0) * rows.size(0);
    at::Tensor similarities = scratch.narrow(0, 0, count).view({queries.size(0), rows.size(0)});
    at::mm_out(similarities, queries, rows.t());
    found.add(similarities.const_data_ptr<float>(), rows.size(0), first);
  }
  return found;
}

/// The votes of one query's neighbours, most similar first.
class Ballot {
 public:
  explicit Ballot(std::int64_t classes) : votes_(static_cast<std::size_t>(classes)) {}

  void clear() {
    for (const std::int64_t label : seen_) at(label) = 0;
    seen_.clear();
  }
  void add(std::int64_t label, double weight) {
    if (at(label) == 0) seen_.push_back(label);
    at(label) += weight;
  }
  std::int64_t winner() const {
    return *std::min_element(seen_.begin(), seen_.end(), [&](std::int64_t a, std::int64_t b) {
      return at(a) > at(b) || (at(a) == at(b) && a < b);
    });
  }

 private:
  double& at(std::int64_t label) { return votes_[static_cast<std::size_t>(label)]; }
  double at(std::int64_t label) const { return votes_[static_cast<std::size_t>(label)]; }
  std::vector<double> votes_;
  std::vector<std::int64_t> seen_;
};

/// Counts the right answers of each setting.
class Judge {
 public:
  Judge(const std::vector<std::int64_t>& bank_labels, std::span<const KnnSetting> settings)
      : labels_(bank_labels),
        settings_(settings),
        order_(settings.size()),
        right_(settings.size()),
        ballot_(*std::max_element(bank_labels.begin(), bank_labels.end()) + 1) {
    std::iota(order_.begin(), order_.end(), 0);
    std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(settings[a].temperature, settings[a].k) <
             std::pair(settings[b].temperature, settings[b].k);
    });
  }

  void add(const std::vector<Neighbour>& neighbours, std::int64_t truth) {
    double temperature = 0;
    std::size_t used = 0;
    for (const std::size_t index : order_) {
      const KnnSetting& setting = settings_[index];
      if (setting.temperature != temperature) {
        temperature = setting.temperature;
        used = 0;
        ballot_.clear();
      }
      for (; used < static_cast<std::size_t>(setting.k); ++used) {
        // Relative to the nearest: no overflow at low temperatures, and the same winner.
        const double distance = neighbours[used].similarity - neighbours[0].similarity;
        ballot_.add(labels_[static_cast<std::size_t>(neighbours[used].row)],
                    std::exp(distance / temperature));
      }
      right_[index] += ballot_.winner() == truth;
    }
  }

  std::vector<KnnResult> results(std::int64_t queries) const {
    std::vector<KnnResult> results;
    for (std::size_t i = 0; i < settings_.size(); ++i) {
      const double share = static_cast<double>(right_[i]) / static_cast<double>(queries);
      results.push_back({settings_[i], share});
    }
    return results;
  }

 private:
  const std::vector<std::int64_t>& labels_;
  std::span<const KnnSetting> settings_;
  std::vector<std::size_t> order_;  // by temperature, then k
  std::vector<std::int64_t> right_;
  Ballot ballot_;
};

std::vector<KnnSetting> usable(std::span<const KnnSetting> settings, std::int64_t bank_rows) {
  std::vector<KnnSetting> result(settings.begin(), settings.end());
  for (KnnSetting& setting : result) {
    if (setting.k < 1 || !(setting.temperature > 0)) {
      throw Error(ErrorKind::config, "kNN needs a k of at least 1 and a temperature above 0");
    }
    setting.k = std::min(setting.k, bank_rows);
  }
  return result;
}

std::int64_t greatest_k(const std::vector<KnnSetting>& settings) {
  std::int64_t k = 0;
  for (const KnnSetting& setting : settings) k = std::max(k, setting.k);
  return k;
}

}  // namespace

std::vector<KnnResult> knn(const Features& bank, const Features& queries,
                           std::span<const KnnSetting> settings) {
  const at::NoGradGuard no_grad;
  const Features known = labelled(bank);
  const Features asked = labelled(queries);
  const at::Tensor rows = unit_rows(known, "training set");
  const at::Tensor questions = unit_rows(asked, "test set");
  const auto chosen = usable(settings, rows.size(0));
  const at::Tensor scratch = at::empty({query_block * bank_block}, rows.options());
  Judge judge(known.labels, chosen);
  for (std::int64_t first = 0; first < questions.size(0); first += query_block) {
    const std::int64_t count = std::min(query_block, questions.size(0) - first);
    const TopK found =
        nearest(rows, questions.narrow(0, first, count), greatest_k(chosen), scratch);
    for (std::int64_t i = 0; i < count; ++i) {
      judge.add(found.neighbours(i), asked.labels[static_cast<std::size_t>(first + i)]);
    }
  }
  return judge.results(questions.size(0));
}

std::vector<KnnSetting> knn_grid() {
  std::vector<KnnSetting> grid;
  for (const std::int64_t k : {1, 5, 10, 20, 50, 100, 200}) {
    for (const double temperature : {0.02, 0.05, 0.1, 0.2, 0.5}) grid.push_back({k, temperature});
  }
  return grid;
}

const KnnResult& best(std::span<const KnnResult> results) {
  return *std::max_element(results.begin(), results.end(),
                           [](const KnnResult& a, const KnnResult& b) { return a.top1 < b.top1; });
}

}  // namespace tandem::eval
