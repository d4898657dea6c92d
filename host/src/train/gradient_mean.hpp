#pragma once

#include "tandem/sdk/collective.hpp"
#include "train/optimizer.hpp"

#include <cstdint>
#include <span>

namespace tandem::train {

/// Replaces each parameter's gradient by its mean over ranks, in place, many parameters a message.
/// Where a rank has none, since its samples did not use the parameter, that counts as zero; a
/// parameter that no rank used stays without. Every rank has the same parameters in the same order.
/// Does nothing on one rank. [main thread]
void average_gradients(Collective& collective, std::span<const TrainedParameter> parameters,
                       std::int64_t bucket_bytes = 25 << 20);

}  // namespace tandem::train
