#pragma once

#include "ops.hpp"

#include <string>
#include <vector>

namespace ops {

/// An operation under a name that tells its dialect.
struct Named {
  std::string name;
  Op op;
};

/// Every operation in each of its dialects, set so that it does something; crops to `side`.
std::vector<Named> all(int side);

/// The one that makes floats of bytes.
inline const std::string makes_floats = "random_resized_crop, deepmind";

}  // namespace ops
