#pragma once

#include "tandem/sdk/module.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

/// What an author needs to test a plugin without the host.
namespace tandem::testing {

/// Flatten and one Linear in float64: (N, input) → (N, width).
TANDEM_API std::shared_ptr<Encoder> toy_encoder(std::int64_t input, std::int64_t width);

/// A context over a toy encoder on one rank, for two views.
TANDEM_API ObjectiveContext toy_context(std::shared_ptr<Encoder> encoder, std::int64_t batch);

/// Runs `body(collective)` on `ranks` threads, each with its rank of an in-process group. Rethrows
/// the first exception once every rank has ended. Collectives are differentiable as `Collective`
/// says.
TANDEM_API void run_ranks(int ranks, const std::function<void(Collective&)>& body);

/// The greatest relative difference between the analytic gradient of a scalar function and central
/// differences, over all inputs, in float64: |a − n| / max(1, |a|, |n|).
TANDEM_API double gradient_error(
    const std::function<at::Tensor(const std::vector<at::Tensor>&)>& function,
    std::vector<at::Tensor> inputs, double epsilon = 1e-6);

}  // namespace tandem::testing
