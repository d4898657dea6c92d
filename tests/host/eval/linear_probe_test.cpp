#include "eval/linear_probe.hpp"
#include "catch.hpp"
#include "data/epoch_order.hpp"
#include "tandem/base/error.hpp"
#include "temporary_folder.hpp"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

using namespace tandem;
using namespace tandem::eval;

namespace {

constexpr std::int64_t rows = 23, width = 5, classes = 3;

/// Rows of three classes that overlap.
Features clouds(at::ScalarType type) {
  at::manual_seed(5);
  Features made;
  made.values = at::randn({rows, width}, at::kDouble);
  for (std::int64_t i = 0; i < rows; ++i) {
    made.labels.push_back(i % classes);
    made.values[i][i % classes] += 1.5;
  }
  made.values = made.values.to(type);
  return made;
}

LinearOptions short_training() {
  LinearOptions options;
  options.epochs = 4;
  options.batch = 8;  // the third batch of an epoch has 7 rows
  options.seed = 9;
  return options;
}

template <class T>
void write_values(const std::filesystem::path& path, const T* values, std::size_t count) {
  write_file(path, {reinterpret_cast<const char*>(values), count * sizeof(T)});
}

/// (C, F + 1): weights and bias in the last column, by linear_reference.py.
at::Tensor by_reference(const Features& features, const Linear& first, const LinearOptions& options,
                        double rate) {
  const TemporaryFolder folder;
  const auto values = features.values.to(at::kDouble).contiguous();
  const auto start = first.weight.to(at::kDouble).contiguous();
  std::vector<std::int64_t> orders(static_cast<std::size_t>(options.epochs * rows));
  data::EpochOrder order(rows, options.seed);
  for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch)
    order.copy(epoch, 0, {orders.data() + epoch * rows, static_cast<std::size_t>(rows)});
  write_values(folder / "features", values.const_data_ptr<double>(), rows * width);
  write_values(folder / "labels", features.labels.data(), rows);
  write_values(folder / "orders", orders.data(), orders.size());
  write_values(folder / "first", start.const_data_ptr<double>(), classes * width);
  const std::string command = TANDEM_PYTHON " '" TANDEM_TEST_DIR
                                            "/host/eval/linear_reference.py' '" +
                              folder.path().string() + "' 23 5 3 8 4 " + std::to_string(rate);
  REQUIRE(std::system(command.c_str()) == 0);
  const std::string bytes = read_file(folder / "trained");
  REQUIRE(bytes.size() == sizeof(double) * classes * (width + 1));
  const auto trained = at::empty({classes * (width + 1)}, at::kDouble);
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(trained.data_ptr<double>()));
  return at::cat({trained.narrow(0, 0, classes * width).view({classes, width}),
                  trained.narrow(0, classes * width, classes).unsqueeze(1)},
                 1);
}

at::Tensor joined(const Linear& probe) {
  return at::cat({probe.weight, probe.bias.unsqueeze(1)}, 1).to(at::kDouble);
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace

TEST_CASE("probes side by side are each the reference's", "[linear]") {
  const auto options = short_training();
  const double rates[] = {0.1, 1.0};
  for (const auto type : {at::kDouble, at::kFloat}) {
    const auto features = clouds(type);
    const auto first = first_weights(classes, width, 9, type);
    const auto probes = train_probes(features, first, rates, options);
    REQUIRE(probes.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto expected = by_reference(features, first, options, rates[i]);
      CHECK(difference(joined(probes[i]), expected) < (type == at::kDouble ? 1e-12 : 1e-6));
      CHECK(difference(expected, joined(first)) > 0.1);
    }
  }
}

TEST_CASE("first weights are small and of the seed alone", "[linear]") {
  const auto one = first_weights(100, 200, 3, at::kDouble);
  CHECK(std::abs(one.weight.std().item<double>() - 0.01) < 3e-4);  // six standard deviations
  CHECK(std::abs(one.weight.mean().item<double>()) < 5e-4);
  CHECK(one.bias.eq(0).all().item<bool>());
  CHECK(at::equal(one.weight, first_weights(100, 200, 3, at::kDouble).weight));
  CHECK(!at::equal(one.weight, first_weights(100, 200, 4, at::kDouble).weight));
}

TEST_CASE("what a line separates is told apart, with its top 5", "[linear]") {
  // Class c lies along axis c: eight classes, so that a top 5 means something.
  Features bank{at::eye(8, at::kFloat).repeat({20, 1}) * 4, {}};
  for (std::int64_t i = 0; i < 160; ++i) bank.labels.push_back(i % 8);
  auto options = LinearOptions();
  options.epochs = 30;
  Features queries{at::eye(8, at::kFloat), {0, 1, 2, 3, 4, 5, 6, 6}};
  const auto result = linear_probe(bank, queries, options);
  CHECK(result.chosen);
  CHECK(result.validation == 1);
  CHECK(result.top1 == 7.0 / 8);
  CHECK(result.top5 >= result.top1);
  CHECK(result.labels == 160);
  CHECK(result.classes == 8);
  CHECK(linear_probe(bank, queries, options).rate == result.rate);
}

TEST_CASE("the queries have no say in the learning rate", "[linear]") {
  const auto bank = clouds(at::kFloat);
  auto queries = clouds(at::kFloat);
  auto options = short_training();
  const auto one = linear_probe(bank, queries, options);
  for (auto& label : queries.labels) label = (label + 1) % classes;
  const auto other = linear_probe(bank, queries, options);
  CHECK(one.rate == other.rate);
  CHECK(one.validation == other.validation);
  CHECK(one.top5 == -1);
}

TEST_CASE("few labels: as many of each class, at least one, by the seed", "[linear]") {
  Features bank{at::arange(300, at::kFloat).view({300, 1}), {}};
  for (std::int64_t i = 0; i < 300; ++i) bank.labels.push_back(i < 280 ? i % 2 : 2);
  const auto known = known_labels(bank, 0.1, 1);
  for (const std::int64_t label : {0, 1, 2})
    CHECK(std::count(known.labels.begin(), known.labels.end(), label) == 10);
  CHECK(at::equal(known.values, known_labels(bank, 0.1, 1).values));
  CHECK(!at::equal(known.values, known_labels(bank, 0.1, 2).values));
  auto one_each = known_labels(bank, 1e-6, 0).labels;
  std::sort(one_each.begin(), one_each.end());
  CHECK(one_each == std::vector<std::int64_t>{0, 1, 2});
  const auto most = known_labels(bank, 0.9, 0);
  CHECK(std::count(most.labels.begin(), most.labels.end(), 2) == 20);

  // One label a class leaves nothing to choose a rate by.
  auto options = short_training();
  options.fraction = 1e-6;
  const auto result = linear_probe(bank, bank, options);
  CHECK(!result.chosen);
  CHECK(result.rate == 0.3);
  CHECK(result.labels == 3);
}

TEST_CASE("what cannot be probed is an error", "[linear]") {
  const auto good = clouds(at::kFloat);
  const auto kind = [&](const Features& bank, const Features& queries, LinearOptions options) {
    try {
      linear_probe(bank, queries, options);
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::internal;
  };
  auto options = short_training();
  auto unlabelled = good;
  unlabelled.labels.assign(rows, -1);
  CHECK(kind(unlabelled, good, options) == ErrorKind::data);
  CHECK(kind(good, unlabelled, options) == ErrorKind::data);
  auto broken = good;
  broken.values = good.values.clone();
  broken.values[3][0] = std::numeric_limits<float>::infinity();
  CHECK(kind(good, broken, options) == ErrorKind::guard);
  auto narrow = good;
  narrow.values = good.values.narrow(1, 0, 2);
  CHECK(kind(good, narrow, options) == ErrorKind::data);
  options.rates = {1e30};
  options.momentum = 0.999;
  CHECK(kind(good, good, options) == ErrorKind::guard);
  options.rates = {1e30, 1e31};
  CHECK(kind(good, good, options) == ErrorKind::guard);
}
