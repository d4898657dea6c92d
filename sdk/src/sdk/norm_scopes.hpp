#pragma once

namespace tandem {

/// Whether a PlainBatchNorm of this thread lives.
bool holds_plain_batch_norm();

}  // namespace tandem
