#pragma once

#include "report/observer.hpp"
#include "tandem/sdk/objective.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>

namespace tandem::eval {

/// Two views' embeddings of one batch, (N, D) each, as rows that belong together: the first two
/// that an online network made; where there is but one, the other view's target. `second` is
/// undefined where nothing of the first one's shape is there.
struct EmbeddingPair {
  at::Tensor first, second;
};
EmbeddingPair embedding_pair(std::span<const Embedding> views);

/// How far a batch's embeddings spread, and agree: at most 256 rows of them, in float64. Empty
/// where `first` is undefined or has fewer than two rows; `embedding_std` NaN alone where it is not
/// finite.
/// - `embedding_std`: standard deviation over the rows of unit length, averaged over D dimensions
/// - `embedding_std_even`: 1/√D, that of rows spread evenly over the sphere (Chen and He,
///   "Exploring Simple Siamese Representation Learning", 2021, section 4.1)
/// - `effective_rank`: exp of the entropy of the singular values' shares, of the rows as they are
///   (Garrido et al., "RankMe", 2023, eq. 1–2)
/// - `rank_limit`: the most it can be, min(rows, D)
/// - `uniformity`: log of the mean of exp(−2‖x − y‖²) over pairs of rows of unit length (Wang and
///   Isola, "Understanding Contrastive Representation Learning", 2020, section 4)
/// - `alignment`: mean ‖x − y‖² of the two views' rows of unit length (likewise); not without a
///   second
report::Values embedding_health(const EmbeddingPair& pair);

/// The correlations over the batch of `side` of the first view's dimensions, evenly spread, with
/// the same ones of the second's. Nothing where there is no second.
std::optional<report::MatrixEvent> cross_correlation(const EmbeddingPair& pair,
                                                     std::int64_t side = 24);

}  // namespace tandem::eval
