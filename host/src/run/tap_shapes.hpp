#pragma once

#include "config/config.hpp"
#include "data/view.hpp"
#include "plugin/catalog.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tandem::run {

/// What a layer gives for one picture, and how wide its latent is.
struct TapShape {
  std::string layer;
  std::vector<std::int64_t> output;  ///< without the batch's dimension
  std::int64_t width = 0;            ///< after pooling
  std::string problem;               ///< why there is no output or no width; empty: there are both
};

/// Every layer of the configured backbone that can be tapped, each found by running the backbone
/// that is cut there on `input`, in eval mode. Throws what is wrong with the backbone as a whole.
std::vector<TapShape> tap_shapes(const config::Config& config, plugin::Catalog& catalog,
                                 const data::Shape& input);

}  // namespace tandem::run
