#pragma once

#include "tandem/sdk/stateful.hpp"

#include <cstdint>
#include <string>

namespace tandem::roles {

/// Seeds LibTorch's default generators from a run's seed and the name of what comes next, so that
/// equal runs draw alike and no generator state has to be kept.
void seed_generators(std::uint64_t seed, const std::string& stage, std::uint64_t index = 0);

/// Keeps LibTorch's default CPU generator as it is for the scope's length. What another thread
/// draws meanwhile is drawn again.
class KeepRandomState {
 public:
  KeepRandomState();
  ~KeepRandomState();
  KeepRandomState(const KeepRandomState&) = delete;
  KeepRandomState& operator=(const KeepRandomState&) = delete;

 private:
  at::Tensor saved_;
};

/// Copies parameters and buffers by name. Throws Error(plugin) where the two have different names
/// or shapes.
void copy_by_name(Stateful& to, Stateful& from);

/// Lays out 4-D parameters channels-last, as the batches are: convolutions need no reordering then.
void to_channels_last(Stateful& object);

}  // namespace tandem::roles
