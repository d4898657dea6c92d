#pragma once

#include "eval/features.hpp"
#include "eval/scores.hpp"

#include <span>
#include <vector>

namespace tandem::eval {

/// Weighted nearest neighbours (Wu et al., "Unsupervised Feature Learning via Non-Parametric
/// Instance Discrimination", 2018): the k rows of the bank with the greatest cosine similarity s to
/// a query vote for their classes with exp(s / temperature). One result a setting, in their order,
/// all from one pass over the similarities. Of equally similar rows the first ones count, of equal
/// votes the smaller class wins. Rows without a label take no part. Metric::euclidean takes the k
/// nearest rows, not normalised, with votes of 1 / (distance + 1e-5) (solo-learn's). Similarities
/// are made in blocks of 256 queries × 4096 rows. Throws Error(data) where no labels are left or
/// widths differ, Error(guard) where features are not finite.
std::vector<KnnResult> knn(const Features& bank, const Features& queries,
                           std::span<const KnnSetting> settings, Metric metric = Metric::cosine);

/// k 1, 5, 10, 20, 50, 100, 200 × temperature 0.02, 0.05, 0.1, 0.2, 0.5.
std::vector<KnnSetting> knn_grid();

/// The result with the greatest accuracy, the first of equals. `results` must not be empty.
const KnnResult& best(std::span<const KnnResult> results);

}  // namespace tandem::eval
