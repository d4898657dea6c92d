#pragma once

#include "train/rank_place.hpp"

#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace tandem::train {

/// A connection to the store in which the ranks of a run meet. Throws Error(resource) where nobody
/// answers within 20 seconds.
c10::intrusive_ptr<c10d::TCPStore> connect_store(const RankPlace& place);

/// The store, where this rank holds it; else null. Throws Error(resource) where it cannot be.
c10::intrusive_ptr<c10d::TCPStore> serve_store(const RankPlace& place);

}  // namespace tandem::train
