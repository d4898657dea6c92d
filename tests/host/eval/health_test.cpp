#include "eval/health.hpp"

#include "catch.hpp"

#include <torch/types.h>

#include <cmath>
#include <map>
#include <string>

using namespace tandem;
using eval::EmbeddingPair;

namespace {

std::map<std::string, double> health(const EmbeddingPair& pair) {
  std::map<std::string, double> values;
  for (const auto& [name, value] : eval::embedding_health(pair)) values[name] = value;
  return values;
}

Embedding online(const at::Tensor& tensor) {
  return {tensor, {}, {}};
}

}  // namespace

TEST_CASE("rows along the axes spread evenly: spread, rank, uniformity and alignment by hand") {
  const at::Tensor axes = 3 * torch::eye(16);
  const auto seen = health({axes, axes.roll(1, 0)});
  // One entry of a column is 1, fifteen are 0.
  CHECK(seen.at("embedding_std") == Approx(std::sqrt(15.0 / 256)).epsilon(1e-12));
  CHECK(seen.at("embedding_std_even") == 0.25);
  CHECK(seen.at("effective_rank") == Approx(16).epsilon(1e-4));
  CHECK(seen.at("rank_limit") == 16);
  // All pairs of rows, and the two views of each, are √2 apart.
  CHECK(seen.at("uniformity") == Approx(-4).epsilon(1e-12));
  CHECK(seen.at("alignment") == Approx(2).epsilon(1e-12));
}

TEST_CASE("one embedding for all pictures: no spread, one direction") {
  const at::Tensor same = torch::arange(1, 9).to(at::kFloat).expand({32, 8});
  const auto seen = health({same, same});
  CHECK(seen.at("embedding_std") < 1e-7);
  CHECK(seen.at("effective_rank") == Approx(1).epsilon(1e-3));
  CHECK(std::abs(seen.at("uniformity")) < 1e-12);
  CHECK(std::abs(seen.at("alignment")) < 1e-12);
}

TEST_CASE("the effective rank is RankMe's, from the singular values") {
  torch::manual_seed(3);
  for (const auto& size : {std::pair{40, 12}, std::pair{12, 40}}) {
    const at::Tensor rows = torch::randn({size.first, size.second}, at::kDouble);
    const at::Tensor singular = at::linalg_svdvals(rows);
    double entropy = 0;
    for (std::int64_t i = 0; i < singular.numel(); ++i) {
      const double p = singular[i].item<double>() / singular.sum().item<double>() + 1e-7;
      entropy -= p * std::log(p);
    }
    CHECK(health({rows, {}}).at("effective_rank") == Approx(std::exp(entropy)).epsilon(1e-8));
  }
}

TEST_CASE("without a second view there is no alignment, without two rows nothing") {
  CHECK(health({torch::eye(4), {}}).count("alignment") == 0);
  CHECK(health({torch::ones({1, 4}), {}}).empty());
  CHECK(health({}).empty());
  const auto broken = health({torch::eye(4) / 0, torch::eye(4)});
  REQUIRE(broken.size() == 1);
  CHECK(std::isnan(broken.at("embedding_std")));
  CHECK_FALSE(eval::cross_correlation({torch::eye(4), {}}).has_value());
}

TEST_CASE("the cross-correlation of some dimensions, evenly spread") {
  torch::manual_seed(5);
  const at::Tensor first = torch::randn({64, 48});
  const at::Tensor sign = torch::ones({48}).index_fill(0, torch::arange(0, 48, 4), -1);
  const auto matrix = eval::cross_correlation({first, first * sign * 7 + 2}, 24);
  REQUIRE(matrix.has_value());
  CHECK(matrix->name == "cross_correlation");
  REQUIRE(matrix->rows == 24);
  REQUIRE(matrix->values.size() == 24 * 24);
  // Dimensions 0, 2, 4, … are shown; every fourth has its sign turned.
  for (std::size_t i = 0; i < 24; ++i)
    CHECK(matrix->values[i * 25] == Approx(i % 2 == 0 ? -1 : 1).epsilon(1e-5));
  const at::Tensor a = first.select(1, 2) - first.select(1, 2).mean();
  const at::Tensor b = first.select(1, 6) - first.select(1, 6).mean();
  const double expected = (a.dot(b) / (a.norm() * b.norm())).item<double>();
  CHECK(matrix->values[1 * 24 + 3] == Approx(expected).margin(1e-5));
}

TEST_CASE("the pair is two online views, or a view and the other's target") {
  const at::Tensor a = torch::zeros({2, 3}), b = torch::ones({2, 3}), small = torch::ones({2, 2});
  const Embedding views[] = {online(a), online(b)};
  CHECK(eval::embedding_pair(views).second.equal(b));
  // MoCo: one view is all keys.
  const Embedding keys[] = {online(a), {{}, b, {}}};
  CHECK(eval::embedding_pair(keys).first.equal(a));
  CHECK(eval::embedding_pair(keys).second.equal(b));
  // A view's own target is no second view.
  const Embedding alone[] = {{a, b, {}}};
  CHECK_FALSE(eval::embedding_pair(alone).second.defined());
  const Embedding unlike[] = {online(a), online(small)};
  CHECK_FALSE(eval::embedding_pair(unlike).second.defined());
  const Embedding none[] = {{{}, b, {}}};
  CHECK_FALSE(eval::embedding_pair(none).first.defined());
}
