#include "eval/knn.hpp"

#include "eval/class_numbers.hpp"
#include "eval/top_k.hpp"
#include "tandem/base/error.hpp"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
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

// What keeps the vote of a row that is the query itself finite.
constexpr double least_distance = 1e-5;

void require_usable(const Features& features, const char* which) {
  if (features.values.size(0) == 0) {
    throw Error(ErrorKind::data, std::string("kNN needs labels, and the ") + which +
                                     " have none: sort the pictures into a folder a class");
  }
  require_finite(features, which);
}

/// Rows whose products with one another are greatest for the nearest: directions; or, for
/// distances, around the bank's mean, where rounding is least, with −|row|²/2 in a last column that
/// meets a 1 in the query.
struct Compared {
  at::Tensor bank, queries;
};

Compared compared(const Features& bank, const Features& queries, Metric metric) {
  if (metric == Metric::cosine)
    return {normalise_rows(bank.values), normalise_rows(queries.values)};
  const at::Tensor mean = bank.values.mean(0);
  const at::Tensor rows = bank.values - mean, asked = queries.values - mean;
  const at::Tensor half = rows.square().sum(1, true) * -0.5;
  return {at::cat({rows, half}, 1), at::cat({asked, at::ones_like(asked.narrow(1, 0, 1))}, 1)};
}

/// Puts −distance in the place of each similarity, measured without the product's rounding.
void measure_distances(std::vector<Neighbour>& neighbours, const at::Tensor& bank,
                       const at::Tensor& query) {
  std::vector<std::int64_t> rows;
  for (const Neighbour& neighbour : neighbours) rows.push_back(neighbour.row);
  const at::Tensor far =
      at::linalg_vector_norm(bank.index_select(0, at::tensor(rows)) - query, 2, {1});
  for (std::size_t i = 0; i < rows.size(); ++i)
    neighbours[i].similarity = -far.const_data_ptr<float>()[i];
  std::stable_sort(neighbours.begin(), neighbours.end(),
                   [](const auto& a, const auto& b) { return a.similarity > b.similarity; });
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
  Judge(const std::vector<std::int64_t>& bank_labels, std::span<const KnnSetting> settings,
        Metric metric)
      : classes_(bank_labels),
        labels_(classes_.of(bank_labels)),
        settings_(settings),
        metric_(metric),
        order_(settings.size()),
        scores_(settings.size()),
        ballot_(classes_.count()) {
    std::iota(order_.begin(), order_.end(), 0);
    std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(settings[a].temperature, settings[a].k) <
             std::pair(settings[b].temperature, settings[b].k);
    });
  }

  void add(const std::vector<Neighbour>& neighbours, std::int64_t truth) {
    const std::int64_t right = classes_.of(truth);
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
        ballot_.add(labels_[static_cast<std::size_t>(neighbours[used].row)],
                    weight(neighbours[used], neighbours[0], temperature));
      }
      Score& score = scores_[index][truth];
      score.right += ballot_.winner() == right;
      ++score.queries;
    }
  }

  std::vector<KnnResult> results() const {
    std::vector<KnnResult> results;
    for (std::size_t i = 0; i < settings_.size(); ++i) {
      Score all;
      for (const auto& [label, score] : scores_[i]) {
        all.right += score.right;
        all.queries += score.queries;
      }
      results.push_back({settings_[i], all.share(), scores_[i]});
    }
    return results;
  }

 private:
  double weight(const Neighbour& neighbour, const Neighbour& nearest, double temperature) const {
    if (metric_ == Metric::euclidean) return 1 / (least_distance - neighbour.similarity);
    // Relative to the nearest: no overflow at low temperatures, and the same winner.
    return std::exp(double{neighbour.similarity - nearest.similarity} / temperature);
  }

  ClassNumbers classes_;
  std::vector<std::int64_t> labels_;  // of the bank, by these numbers
  std::span<const KnnSetting> settings_;
  Metric metric_;
  std::vector<std::size_t> order_;  // by temperature, then k
  std::vector<ClassScores> scores_;
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
                           std::span<const KnnSetting> settings, Metric metric) {
  const at::NoGradGuard no_grad;
  const Features known = labelled(bank);
  const Features asked = labelled(queries);
  require_usable(known, "training pictures");
  require_usable(asked, "queries");
  require_equal_width(known, asked);
  const auto [rows, questions] = compared(known, asked, metric);
  const auto chosen = usable(settings, rows.size(0));
  const at::Tensor scratch = at::empty({query_block * bank_block}, rows.options());
  Judge judge(known.labels, chosen, metric);
  for (std::int64_t first = 0; first < questions.size(0); first += query_block) {
    const std::int64_t count = std::min(query_block, questions.size(0) - first);
    const TopK found =
        nearest(rows, questions.narrow(0, first, count), greatest_k(chosen), scratch);
    for (std::int64_t i = 0; i < count; ++i) {
      auto neighbours = found.neighbours(i);
      if (metric == Metric::euclidean)
        measure_distances(neighbours, known.values, asked.values[first + i]);
      judge.add(neighbours, asked.labels[static_cast<std::size_t>(first + i)]);
    }
  }
  return judge.results();
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
