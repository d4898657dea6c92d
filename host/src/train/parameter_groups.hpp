#pragma once

#include "tandem/sdk/encoder.hpp"
#include "tandem/sdk/objective.hpp"
#include "train/optimizer.hpp"

#include <vector>

namespace tandem::train {

/// All that training changes: the encoder's parameters as "backbone.…", then the objective's as
/// "objective.…", each marked with what the optimizer must know. Left out is what requires no
/// gradient; a tensor that is visited twice (tied weights) is listed once, under its first name.
/// Throws Error(plugin) where one of the objective's hints fits none of its parameters, or where a
/// parameter is not a floating-point tensor.
std::vector<TrainedParameter> trained_parameters(Encoder& encoder, Objective& objective);

}  // namespace tandem::train
