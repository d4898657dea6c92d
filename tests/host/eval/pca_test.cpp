#include "eval/pca.hpp"
#include "catch.hpp"
#include "tandem/base/error.hpp"

#include <ATen/Functions.h>

#include <cmath>
#include <numbers>

using namespace tandem;
using namespace tandem::eval;

namespace {

/// Rows with very different variances along mixed directions, around a mean that is not 0.
at::Tensor correlated(std::int64_t rows, std::int64_t columns) {
  at::manual_seed(13);
  const auto mix = at::randn({columns, columns}, at::kDouble);
  const auto scale = at::pow(at::full({columns}, 0.7, at::kDouble), at::arange(columns));
  return (at::randn({rows, columns}, at::kDouble) * scale).mm(mix) + 3;
}

at::Tensor covariance(const at::Tensor& values) {
  const auto centred = values.to(at::kDouble) - values.to(at::kDouble).mean(0);
  return centred.t().mm(centred) / (values.size(0) - 1);
}

double greatest(const at::Tensor& values) {
  return values.abs().max().item<double>();
}

void check_properties(const Pca& pca, const at::Tensor& values) {
  const auto& components = pca.components();
  const auto count = components.size(0);
  CHECK(greatest(components.mm(components.t()) - at::eye(count, at::kDouble)) < 1e-9);
  const auto along = components.mm(covariance(values)).mm(components.t());
  CHECK(greatest(along - at::diag(pca.variances())) < 1e-9 * pca.variances()[0].item<double>());
  const auto falling = pca.variances().narrow(0, 0, count - 1) - pca.variances().slice(0, 1);
  CHECK((falling >= 0).all().item<bool>());
}

}  // namespace

TEST_CASE("a cross of four points", "[pca]") {
  // Around (5, 7): two points at distance 2 along the diagonal, two at distance 1 across it.
  const double r = std::numbers::sqrt2 / 2;
  const auto points = at::tensor({5 + 2 * r, 7 + 2 * r, 5 - 2 * r, 7 - 2 * r,  //
                                  5 + r, 7 - r, 5 - r, 7 + r},
                                 at::kDouble)
                          .view({4, 2});
  const Pca pca(points, 2);
  CHECK(greatest(pca.mean() - at::tensor({5.0, 7.0}, at::kDouble)) < 1e-12);
  CHECK(greatest(pca.variances() - at::tensor({8.0 / 3, 2.0 / 3}, at::kDouble)) < 1e-12);
  CHECK(greatest(pca.components().abs() - r) < 1e-12);
  const auto projected = pca.project(points);
  CHECK(projected.scalar_type() == at::kFloat);
  CHECK(std::abs(projected[0][0].item<double>() - 2) < 1e-6);
  CHECK(std::abs(projected[1][0].item<double>() + 2) < 1e-6);
  CHECK(std::abs(std::abs(projected[2][1].item<double>()) - 1) < 1e-6);
}

TEST_CASE("components diagonalise the covariance", "[pca]") {
  const auto values = correlated(200, 12);
  const Pca pca(values, 12);
  REQUIRE(pca.components().size(0) == 12);
  check_properties(pca, values);
  const double total = covariance(values).trace().item<double>();
  CHECK(std::abs(pca.variances().sum().item<double>() - total) < 1e-9 * total);
}

TEST_CASE("fewer rows than columns", "[pca]") {
  const auto values = correlated(10, 30);
  const Pca pca(values, 128);
  REQUIRE(pca.components().size(0) == 9);  // centred, ten rows span nine directions
  check_properties(pca, values);
  const double total = covariance(values).trace().item<double>();
  CHECK(std::abs(pca.variances().sum().item<double>() - total) < 1e-9 * total);
}

TEST_CASE("the first directions keep the most variance", "[pca]") {
  const auto values = correlated(300, 8);
  const Pca pca(values, 3);
  REQUIRE(pca.components().size(0) == 3);
  const auto all = Pca(values, 8).variances();
  const auto centred = values - values.mean(0);
  const auto rebuilt = pca.project(values).to(at::kDouble).mm(pca.components());
  const double lost = (centred - rebuilt).pow(2).sum().item<double>() / 299;
  const double expected = all.slice(0, 3).sum().item<double>();
  CHECK(std::abs(lost - expected) < 1e-5 * expected);
}

TEST_CASE("directions without variance are left out", "[pca]") {
  auto values = correlated(50, 6);
  values.select(1, 2).fill_(4);
  values.select(1, 5).copy_(values.select(1, 0));
  const Pca pca(values, 6);
  CHECK(pca.components().size(0) == 4);
  check_properties(pca, values);
}

TEST_CASE("a fit to a part takes evenly spread rows", "[pca]") {
  const auto values = correlated(10, 3);
  const auto part = values.index_select(0, at::tensor({0, 2, 5, 7}, at::kLong));  // ⌊i · 10 / 4⌋
  CHECK(greatest(Pca(values, 3, 4).components() - Pca(part, 3).components()) < 1e-12);
}

TEST_CASE("what has no directions is an error", "[pca]") {
  CHECK_THROWS_AS(Pca(at::ones({1, 4}), 2), Error);
  CHECK_THROWS_AS(Pca(at::full({5, 4}, 0.1), 2), Error);
}
