#pragma once

#include "tandem/sdk/objective.hpp"

#include <span>
#include <string>
#include <vector>

namespace tandem::train {

/// Whether the encoders give every view the same latents, and leave the same buffers behind, but
/// for rounding, when views of one size, role and target pass together (see EncodingParts) as when
/// each passes alone: empty, or what differs. Tried with `views`, a few rows of each, in the mode
/// that `networks` are in, on weights and buffers that are moved a little, so that what begins at
/// zero or as a copy counts. All state of `networks` and the random state are put back. [main
/// thread]
std::string difference_together(Objective& objective, const std::vector<Stateful*>& networks,
                                const std::vector<ViewContext>& contexts,
                                std::span<const at::Tensor> views);

}  // namespace tandem::train
