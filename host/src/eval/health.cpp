#include "eval/health.hpp"

#include "eval/features.hpp"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

namespace tandem::eval {
namespace {

constexpr std::int64_t most_rows = 256;

at::Tensor some_rows(const at::Tensor& embeddings) {
  return embeddings.narrow(0, 0, std::min(embeddings.size(0), most_rows)).to(at::kDouble);
}

bool fits(const at::Tensor& candidate, const at::Tensor& first) {
  return candidate.defined() && candidate.sizes() == first.sizes();
}

/// By way of the smaller of Z Zᵀ and Zᵀ Z.
double effective_rank(const at::Tensor& rows) {
  const at::Tensor gram = rows.size(0) <= rows.size(1) ? rows.mm(rows.t()) : rows.t().mm(rows);
  const at::Tensor singular = at::linalg_eigvalsh(gram).clamp_min(0).sqrt();
  const at::Tensor share = singular / singular.sum() + 1e-7;
  return std::exp(-(share * share.log()).sum().item<double>());
}

double uniformity(const at::Tensor& unit) {
  const std::int64_t n = unit.size(0);
  const at::Tensor squared = (2 - 2 * unit.mm(unit.t())).clamp_min(0);
  // Each pair stands there twice, and every row with itself adds 1.
  const double sum = at::exp(-2 * squared).sum().item<double>() - static_cast<double>(n);
  return std::log(sum / static_cast<double>(n * (n - 1)));
}

at::Tensor standardised(const at::Tensor& columns) {
  const at::Tensor centred = columns - columns.mean(0, true);
  return centred / at::linalg_vector_norm(centred, 2, {0}, true).clamp_min(1e-12);
}

}  // namespace

EmbeddingPair embedding_pair(std::span<const Embedding> views) {
  EmbeddingPair pair;
  std::size_t first = 0;
  while (first < views.size() && !views[first].online.defined()) ++first;
  if (first == views.size()) return pair;
  pair.first = views[first].online.detach();
  for (std::size_t i = first + 1; i < views.size() && !pair.second.defined(); ++i) {
    if (fits(views[i].online, pair.first)) pair.second = views[i].online.detach();
  }
  for (std::size_t i = 0; i < views.size() && !pair.second.defined(); ++i) {
    if (i != first && fits(views[i].target, pair.first)) pair.second = views[i].target.detach();
  }
  return pair;
}

report::Values embedding_health(const EmbeddingPair& pair) {
  const at::NoGradGuard no_grad;
  if (!pair.first.defined() || pair.first.dim() != 2 || pair.first.size(0) < 2) return {};
  const at::Tensor rows = some_rows(pair.first);
  // No eigenvalues are found of such rows; the loss will soon end the run, if anything does.
  if (!at::isfinite(rows).all().item<bool>()) return {{"embedding_std", std::nan("")}};
  const auto width = static_cast<double>(rows.size(1));
  const at::Tensor unit = normalise_rows(rows);
  report::Values values = {
      {"embedding_std", unit.std(0, /*unbiased=*/false).mean().item<double>()},
      {"embedding_std_even", 1 / std::sqrt(width)},
      {"effective_rank", effective_rank(rows)},
      {"rank_limit", static_cast<double>(std::min(rows.size(0), rows.size(1)))},
      {"uniformity", uniformity(unit)}};
  if (pair.second.defined()) {
    const at::Tensor other = normalise_rows(some_rows(pair.second));
    values.push_back({"alignment", (unit - other).square().sum(1).mean().item<double>()});
  }
  return values;
}

std::optional<report::MatrixEvent> cross_correlation(const EmbeddingPair& pair, std::int64_t side) {
  const at::NoGradGuard no_grad;
  if (!pair.second.defined() || pair.first.dim() != 2) return std::nullopt;
  const std::int64_t width = pair.first.size(1);
  const std::int64_t shown = std::min(side, width);
  const at::Tensor places = (at::arange(shown, at::kLong) * width).div(shown, "floor");
  const auto columns = [&](const at::Tensor& all) {
    return standardised(all.index_select(1, places).to(at::kDouble));
  };
  const at::Tensor c = columns(pair.first).t().mm(columns(pair.second)).to(at::kFloat).contiguous();
  report::MatrixEvent matrix;
  matrix.name = "cross_correlation";
  matrix.rows = matrix.columns = static_cast<int>(shown);
  matrix.values.assign(c.const_data_ptr<float>(), c.const_data_ptr<float>() + c.numel());
  return matrix;
}

}  // namespace tandem::eval
