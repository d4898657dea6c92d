#include "eval/features.hpp"
#include "catch.hpp"
#include "tandem/base/error.hpp"

#include <ATen/Functions.h>

#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

using namespace tandem;
using namespace tandem::eval;

namespace {

/// Two columns: the first pixel, and whether it was asked in training mode. Carries a gradient.
class Witness final : public Encoder {
 public:
  at::Tensor operator()(const at::Tensor& view) override {
    batches.push_back(view.size(0));
    if (fails) throw std::runtime_error("broken");
    const auto pixel = view.flatten(1).narrow(1, 0, 1);
    return at::cat({pixel, at::full_like(pixel, training ? 1.0 : 0.0)}, 1) * weight;
  }
  std::int64_t width() const override { return 2; }
  void visit(StateVisitor&) override {}
  void train(bool on) override { training = on; }
  void to(at::Device, at::ScalarType) override {}

  at::Tensor weight = at::ones({1}, at::kDouble).requires_grad_();
  std::vector<std::int64_t> batches;
  bool training = true;
  bool fails = false;
};

/// Picture i is full of i.
at::Tensor numbered(std::int64_t begin, std::int64_t end) {
  return at::arange(begin, end, at::kDouble).view({-1, 1, 1, 1}).expand({-1, 3, 4, 4});
}

std::vector<std::int64_t> labels(std::int64_t count) {
  std::vector<std::int64_t> made(static_cast<std::size_t>(count));
  std::iota(made.begin(), made.end(), 100);
  return made;
}

}  // namespace

TEST_CASE("features come in order, in eval mode and without a graph", "[features]") {
  Witness encoder;
  const auto features = extract_features(encoder, labels(10), numbered, 4);
  CHECK(encoder.batches == std::vector<std::int64_t>{4, 4, 2});
  CHECK(encoder.training);
  CHECK(features.values.scalar_type() == at::kFloat);
  CHECK(!features.values.requires_grad());
  CHECK(at::equal(features.values.select(1, 0), at::arange(10, at::kFloat)));
  CHECK(features.values.select(1, 1).eq(0).all().item<bool>());
  CHECK(features.labels == labels(10));
}

TEST_CASE("the size of a batch changes nothing", "[features]") {
  Witness encoder;
  const auto one = extract_features(encoder, labels(10), numbered, 1);
  const auto all = extract_features(encoder, labels(10), numbered, 100);
  CHECK(at::equal(one.values, all.values));
}

TEST_CASE("an encoder that fails is in training mode again", "[features]") {
  Witness encoder;
  encoder.fails = true;
  CHECK_THROWS_AS(extract_features(encoder, labels(4), numbered), std::runtime_error);
  CHECK(encoder.training);
}

TEST_CASE("raw pixels are features too", "[features]") {
  const auto features = collect_features(
      labels(5), numbered, [](const at::Tensor& pictures) { return pictures; }, 2);
  CHECK(features.values.sizes() == at::IntArrayRef({5, 48}));
  CHECK(features.values[3].eq(3).all().item<bool>());
}

TEST_CASE("no pictures, no features", "[features]") {
  Witness encoder;
  CHECK_THROWS_AS(extract_features(encoder, {}, numbered), Error);
}

TEST_CASE("rows can be chosen", "[features]") {
  const Features all{at::arange(8, at::kFloat).view({4, 2}), {5, -1, 7, 8}};
  const auto known = labelled(all);
  CHECK(known.labels == std::vector<std::int64_t>{5, 7, 8});
  CHECK(at::equal(known.values.select(1, 0), at::tensor({0.0F, 4.0F, 6.0F})));
  const std::vector<std::int64_t> rows = {3, 0};
  const auto taken = take(all, rows);
  CHECK(taken.labels == std::vector<std::int64_t>{8, 5});
  CHECK(at::equal(taken.values.select(1, 1), at::tensor({7.0F, 1.0F})));
}

TEST_CASE("features that are not finite are told with the first picture's name", "[features]") {
  Features features{at::ones({4, 2}), {0, 1, 0, 1}, [](std::int64_t i) {
                      return "picture-" + std::to_string(i);
                    }};
  require_finite(features, "queries");
  features.values[2][1] = std::numeric_limits<float>::quiet_NaN();
  features.values[3][0] = std::numeric_limits<float>::infinity();
  const std::vector<std::int64_t> rows = {1, 3, 2};
  const auto message = [](const Features& broken) {
    try {
      require_finite(broken, "queries");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::guard);
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(message(features).find("2 of 4 queries are not finite, the first picture-2") !=
        std::string::npos);
  CHECK(message(take(features, rows)).find("the first picture-3") != std::string::npos);
  features.name = {};
  CHECK(message(features).find("the first number 2") != std::string::npos);
}
