#pragma once

#include "plugin/catalog.hpp"
#include "tandem/base/augmentation.hpp"

#include <memory>
#include <string_view>

namespace tandem::plugin {

/// Makes an augmentation whose every call is guarded. The values are checked ones of the factory's
/// schema. It `DescribesDraw`, in a line without control characters, where the plugin's does.
std::unique_ptr<Augmentation> make_augmentation(const Found<AugmentationFactory>& found,
                                                const ParamValues& values);

}  // namespace tandem::plugin
