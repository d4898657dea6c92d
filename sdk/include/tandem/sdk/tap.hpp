#pragma once

#include "tandem/base/export.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

/// Names a layer of a module of your own, in its `forward`:
///
///     x = tandem::tap("layer3", x);
///
/// While an encoder on this thread asks for that layer, the forward pass ends here, so that nothing
/// behind it runs; in every other case `output` is returned as it is. A name may be passed several
/// times in one forward pass (a layer that is used again): "layer3" means the first time,
/// "layer3#2" the second. [any thread]
TANDEM_API at::Tensor tap(std::string_view name, const at::Tensor& output);

/// Runs `forward` up to the tap `layer` and returns the output there; undefined where `forward`
/// ends without passing it. Of nested calls on one thread the innermost is asked. [any thread]
TANDEM_API at::Tensor run_to_tap(std::string_view layer, const std::function<void()>& forward);

/// A tap that a forward pass went by.
struct TapPoint {
  std::string name;  ///< with "#2", "#3", … from the second time on
  std::vector<std::int64_t> shape;
};

/// Every tap that a whole run of `forward` passes, in order; those up to its exception, where it
/// throws one that derives from std::exception. [any thread]
TANDEM_API std::vector<TapPoint> taps_passed(const std::function<void()>& forward);

}  // namespace tandem
