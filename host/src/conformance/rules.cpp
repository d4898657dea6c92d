#include "conformance/rules.hpp"

namespace tandem::conformance {

std::vector<const Rule*> all_rules() {
  std::vector<const Rule*> all;
  for (const auto rules : {file_rules(), description_rules(), parameter_rules(), robustness_rules(),
                           augmentation_rules(), objective_rules(), backbone_rules()}) {
    for (const Rule& rule : rules) all.push_back(&rule);
  }
  return all;
}

}  // namespace tandem::conformance
