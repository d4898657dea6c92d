#include "conformance/rules.hpp"

#include <algorithm>
#include <string_view>

namespace tandem::conformance {

std::vector<const Rule*> all_rules() {
  std::vector<const Rule*> all;
  for (const auto rules : {file_rules(), description_rules(), parameter_rules(), robustness_rules(),
                           augmentation_rules(), objective_rules(), backbone_rules()}) {
    for (const Rule& rule : rules) {
      const auto after = std::find_if(all.rbegin(), all.rend(), [&](const Rule* other) {
        return std::string_view(other->group) == rule.group;
      });
      all.insert(after == all.rend() ? all.end() : after.base(), &rule);
    }
  }
  return all;
}

}  // namespace tandem::conformance
