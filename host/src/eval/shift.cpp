#include "eval/shift.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/random.hpp"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace tandem::eval {
namespace {

/// `to` ← `from`, moved by (down, right) where that is still inside; both (C, H, W).
void copy_moved(at::Tensor to, at::Tensor from, std::int64_t down, std::int64_t right) {
  for (const auto& [dim, move] : {std::pair(1, down), std::pair(2, right)}) {
    const std::int64_t length = std::max<std::int64_t>(from.size(dim) - std::abs(move), 0);
    if (length == 0) return;
    to = to.narrow(dim, std::max<std::int64_t>(move, 0), length);
    from = from.narrow(dim, std::max<std::int64_t>(-move, 0), length);
  }
  to.copy_(from);
}

}  // namespace

at::Tensor shift_pictures(const at::Tensor& pictures, std::span<const double> fill,
                          std::int64_t first_index, const ShiftOptions& options) {
  const at::NoGradGuard no_grad;
  if (static_cast<std::int64_t>(fill.size()) != pictures.size(1)) {
    throw Error(ErrorKind::internal, "shifting needs one fill value a channel");
  }
  at::Tensor moved = at::empty_like(pictures);
  for (std::int64_t channel = 0; channel < pictures.size(1); ++channel) {
    moved.select(1, channel).fill_(fill[static_cast<std::size_t>(channel)]);
  }
  for (std::int64_t i = 0; i < pictures.size(0); ++i) {
    Random random({.seed = options.seed, .sample = static_cast<std::uint32_t>(first_index + i)});
    const std::int64_t down = random.integer(-options.pixels, options.pixels);
    const std::int64_t right = random.integer(-options.pixels, options.pixels);
    const bool series = pictures.size(2) == 1;
    copy_moved(moved.select(0, i), pictures.select(0, i), series ? 0 : down, right);
  }
  return moved;
}

}  // namespace tandem::eval
