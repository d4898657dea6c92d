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
///
/// The ranks draw from one generator, so objects that each makes for itself start with different
/// weights: let every rank begin with `copy_state(objective, start)`, where `start` is the
/// `state_of` an objective made before. No BatchNorm runs over these ranks: compare heads that have
/// one in evaluation mode.
TANDEM_API void run_ranks(int ranks, const std::function<void(Collective&)>& body);

/// Copies every tensor by name, without a graph; types are converted. `from` may serve several
/// threads at once. Throws Error(internal) where names or shapes differ.
TANDEM_API void copy_state(Stateful& to, const State& from);

/// The greatest relative difference between the analytic gradient of a scalar function and central
/// differences, over all inputs, in float64: |a − n| / max(1, |a|, |n|).
TANDEM_API double gradient_error(
    const std::function<at::Tensor(const std::vector<at::Tensor>&)>& function,
    std::vector<at::Tensor> inputs, double epsilon = 1e-6);

}  // namespace tandem::testing
