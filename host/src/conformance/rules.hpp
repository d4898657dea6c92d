#pragma once

#include "conformance/rule.hpp"

#include <span>
#include <vector>

namespace tandem::conformance {

std::span<const Rule> file_rules();
std::span<const Rule> parameter_rules();

/// Every rule, a rule after those that it needs.
std::vector<const Rule*> all_rules();

}  // namespace tandem::conformance
