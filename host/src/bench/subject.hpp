#pragma once

#include "data/normalization.hpp"
#include "data/source.hpp"
#include "data/view.hpp"
#include "run/configuration.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tandem::bench {

/// An operation that is carried out whatever its probability is.
struct CertainOp {
  std::string name;
  std::shared_ptr<const Augmentation> op;
};

/// What the measurements of data are made on.
struct Subject {
  std::shared_ptr<const data::Source> source;  ///< at least 2048 pictures, repeated where need be
  std::vector<data::ViewSpec> views;
  /// The operations of each view; where another view has had the same one, without a name.
  std::vector<std::vector<CertainOp>> operations;
  data::Normalization normalization;
};

/// The pictures and views of a configuration, whose operations come from `catalog`.
Subject make_subject(const run::Prepared& prepared, plugin::Catalog& catalog);

}  // namespace tandem::bench
