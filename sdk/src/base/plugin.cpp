#include "tandem/base/plugin.hpp"

#include "tandem/base/augmentation.hpp"
#include "tandem/base/describes_draw.hpp"

namespace tandem {

Factory::~Factory() = default;
Registrar::~Registrar() = default;
Augmentation::~Augmentation() = default;
DescribesDraw::~DescribesDraw() = default;
AugmentationFactory::~AugmentationFactory() = default;

std::string_view role_name(Role role) {
  switch (role) {
    case Role::objective:
      return "objective";
    case Role::backbone:
      return "backbone";
    case Role::augmentation:
      return "augmentation";
  }
  return "unknown";
}

}  // namespace tandem
