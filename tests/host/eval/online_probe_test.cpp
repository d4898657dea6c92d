#include "eval/online_probe.hpp"
#include "catch.hpp"
#include "eval/knn.hpp"
#include "eval/linear_probe.hpp"

#include <ATen/Functions.h>

#include <array>
#include <cmath>
#include <vector>

using namespace tandem;
using namespace tandem::eval;

namespace {

constexpr std::size_t width = 3, classes = 2;

using Row = std::array<double, width>;

/// Softmax regression in plain loops: momentum 0.9, rate 0.1, no decay, mean over the rows.
class Reference {
 public:
  explicit Reference(const Linear& first) {
    for (std::size_t c = 0; c < classes; ++c) {
      for (std::size_t f = 0; f < width; ++f)
        weight[c][f] = first.weight[static_cast<int>(c)][static_cast<int>(f)].item<double>();
    }
  }

  std::array<double, classes> logits(const Row& row) const {
    std::array<double, classes> values{};
    for (std::size_t c = 0; c < classes; ++c) {
      values[c] = bias[c];
      for (std::size_t f = 0; f < width; ++f) values[c] += weight[c][f] * row[f];
    }
    return values;
  }
  std::size_t answer(const Row& row) const { return logits(row)[1] > logits(row)[0] ? 1 : 0; }

  void step(const std::vector<Row>& rows, const std::vector<std::size_t>& truth) {
    std::array<Row, classes> slope{};
    std::array<double, classes> bias_slope{};
    const auto count = static_cast<double>(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto value = logits(rows[i]);
      const double sum = std::exp(value[0]) + std::exp(value[1]);
      for (std::size_t c = 0; c < classes; ++c) {
        const double error = std::exp(value[c]) / sum - (truth[i] == c ? 1 : 0);
        bias_slope[c] += error / count;
        for (std::size_t f = 0; f < width; ++f) slope[c][f] += error * rows[i][f] / count;
      }
    }
    for (std::size_t c = 0; c < classes; ++c) {
      bias_speed[c] = 0.9 * bias_speed[c] + bias_slope[c];
      bias[c] -= 0.1 * bias_speed[c];
      for (std::size_t f = 0; f < width; ++f) {
        speed[c][f] = 0.9 * speed[c][f] + slope[c][f];
        weight[c][f] -= 0.1 * speed[c][f];
      }
    }
  }

  std::array<Row, classes> weight{}, speed{};
  std::array<double, classes> bias{}, bias_speed{};
};

at::Tensor tensor_of(const std::vector<Row>& rows) {
  const auto values =
      at::empty({static_cast<std::int64_t>(rows.size()), std::int64_t{width}}, at::kFloat);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t f = 0; f < width; ++f)
      values[static_cast<int>(i)][static_cast<int>(f)] = rows[i][f];
  }
  return values;
}

}  // namespace

TEST_CASE("the online probe answers and learns as plain loops do", "[online]") {
  // Labels as files may have them, with gaps; the picture without one takes no part.
  const std::vector<std::int64_t> labels = {1'000'000'000, 7, -1, 7, 1'000'000'000};
  const std::vector<std::size_t> truth = {1, 0, 0, 1};
  OnlineProbe probe(labels, width, 3);
  Reference reference(first_weights(classes, width, 3, at::kDouble));
  std::int64_t right = 0;
  for (int step = 0; step < 5; ++step) {
    const double s = 0.3 * step;
    const std::vector<Row> known = {
        {2 + s, -1, 0.5}, {-1, 1.5 - s, 0.25}, {-0.5, 2, s}, {1.5, 0, -1}};
    for (std::size_t i = 0; i < known.size(); ++i) right += reference.answer(known[i]) == truth[i];
    const std::vector<Row> all = {known[0], known[1], {99, 99, 99}, known[2], known[3]};
    probe.learn(tensor_of(all), labels);
    reference.step(known, truth);
  }
  CHECK(probe.take_accuracy() == Approx(static_cast<double>(right) / 20));
  CHECK(std::isnan(probe.take_accuracy()));

  // Rows so near the border that a probe trained otherwise would part them elsewhere.
  std::vector<Row> asked;
  for (int i = -20; i <= 20; ++i) asked.push_back({0.1 * i, 1, 0.5});
  Features features{tensor_of(asked), {}, {}};
  for (const Row& row : asked)
    features.labels.push_back(reference.answer(row) == 1 ? 1'000'000'000 : 7);
  CHECK(probe.accuracy(features) == 1);
  for (auto& label : features.labels) label = 5;  // a class that no training picture has
  CHECK(probe.accuracy(features) == 0);
  for (auto& label : features.labels) label = -1;
  CHECK(std::isnan(probe.accuracy(features)));
}

TEST_CASE("labels with gaps cost no memory and change no answer", "[online]") {
  at::manual_seed(3);
  Features bank{at::randn({30, 4}), {}, {}}, queries{at::randn({10, 4}), {}, {}};
  for (int i = 0; i < 30; ++i) bank.labels.push_back(i % 3);
  for (int i = 0; i < 10; ++i) queries.labels.push_back(i % 3);
  const auto spread = [](Features features) {
    for (auto& label : features.labels) label = label * 4'000'000'000'000 + 5;
    return features;
  };
  const KnnSetting settings[] = {{5, 0.1}};
  CHECK(knn(spread(bank), spread(queries), settings)[0].top1 ==
        knn(bank, queries, settings)[0].top1);
  LinearOptions options;
  options.epochs = 2;
  options.rates = {0.1};
  const auto plain = linear_probe(bank, queries, options),
             wide = linear_probe(spread(bank), spread(queries), options);
  CHECK(wide.top1 == plain.top1);
  CHECK(wide.classes == 3);
}
