#pragma once

#include "train/optimizer.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tandem::train {

/// Parameters whose gradients travel as one message.
using Bucket = std::vector<TrainedParameter>;

/// From the last parameter to the first, as a backward pass comes to them; each of one type and
/// device, and of `most` bytes unless one alone is larger. The first is small, so that it goes
/// early, and so is the last, for which nothing is left to hide behind.
std::vector<Bucket> buckets_of(std::span<const TrainedParameter> parameters, std::int64_t most);

/// All gradients of a bucket one after the other, zeros where there is none; then 1 or 0 for each
/// that is there; then `flag`. On the CPU.
at::Tensor packed(const Bucket& bucket, bool flag);

/// Whether any rank had set the flag, of what `packed` gave, summed over ranks.
bool flagged(const at::Tensor& sums);

/// Gives each parameter that any rank used its mean over so many ranks.
void unpack(const at::Tensor& sums, const Bucket& bucket, double ranks);

}  // namespace tandem::train
