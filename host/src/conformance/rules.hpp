#pragma once

#include "conformance/rule.hpp"

#include <span>
#include <vector>

namespace tandem::conformance {

/// The rules of one file each; `all_rules` joins them.
std::span<const Rule> file_rules();
std::span<const Rule> description_rules();
std::span<const Rule> parameter_rules();
std::span<const Rule> robustness_rules();
std::span<const Rule> augmentation_rules();
std::span<const Rule> objective_rules();
std::span<const Rule> backbone_rules();

/// Every rule, a group after the other.
std::vector<const Rule*> all_rules();

}  // namespace tandem::conformance
