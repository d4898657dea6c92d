#pragma once

#include "conformance/rule.hpp"
#include "tandem/base/params.hpp"

#include <memory>

namespace tandem::conformance {

/// Something that a plugin made, whatever its role.
class Instance {
 public:
  virtual ~Instance() = default;
  /// Calls a little of its code: an augmentation's on a small picture, a backbone's list of layers,
  /// an objective's list of state.
  virtual void use() = 0;
};

/// Makes an instance as the host would, for any role; an objective gets a toy encoder of width 8
/// and two views of a batch of 8. What the plugin throws passes through; a factory that makes
/// nothing is a Violation.
std::unique_ptr<Instance> make_instance(const Subject& subject, const ParamValues& values);

/// `small_values` where they make an instance, else the defaults.
ParamValues usual_values(const Subject& subject);

/// One CPU thread for LibTorch in this process.
void use_one_thread();

}  // namespace tandem::conformance
