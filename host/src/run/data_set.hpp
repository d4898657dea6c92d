#pragma once

#include "config/config.hpp"
#include "data/normalization.hpp"
#include "data/source.hpp"
#include "data/view.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tandem::run {

using SourcePointer = std::shared_ptr<const data::Source>;

/// Whether a [data] section names any pictures.
bool names_pictures(const config::DataSection& section);

/// Opens the training pictures that a [data] section names.
SourcePointer open_training_data(const config::DataSection& section);

/// The pictures a run uses: for training, and for evaluation where labels allow it.
struct DataSet {
  SourcePointer train;
  SourcePointer
      bank;  ///< labelled pictures that answer kNN queries; null where there are no labels
  SourcePointer queries;     ///< labelled pictures to classify; null likewise
  std::string queries_from;  ///< for a result's protocol: a path, or "10 % held out"
  data::Normalization normalization;
};

/// Splits `all` as the configuration says: queries from eval.path, else `eval.holdout` of the
/// training pictures, which are then not trained on. Measures the normalisation where it is "auto".
DataSet make_data_set(SourcePointer all, const config::Config& config);

/// Takes the pictures of `eval.path` as queries, all training pictures of the set as their bank.
/// Throws Error(data) where they cannot be read or have no labels.
void use_test_pictures(DataSet& set, const config::Config& config);

/// The shape of the median picture, by its shorter side, of some that are evenly spread. Throws
/// Error(data) where none can be read.
data::Shape typical_shape(const data::Source& source);

}  // namespace tandem::run
