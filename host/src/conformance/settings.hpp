#pragma once

#include "config/document.hpp"
#include "tandem/base/params.hpp"

#include <string>
#include <vector>

namespace tandem::conformance {

/// A schema and whose it is, for messages: "backbone 'resnet18'".
struct OwnedSchema {
  const Schema* schema;
  std::string owner;
};

/// Values that are given by hand to parameters of what is checked, in the place of defaults.
class Settings {
 public:
  Settings() = default;
  /// Each "KEY=VALUE", with VALUE as TOML. Throws Error(usage) for what is no assignment.
  explicit Settings(const Strings& assignments);

  bool empty() const { return document_.root().entries.empty(); }
  bool has(const Param& param) const;
  /// The defaults of a schema with what is given for its keys. Throws Error(config) for a value
  /// that its parameter does not take.
  ParamValues over_defaults(const OwnedSchema& of) const;
  /// Throws Error(config), with the nearest names, for a key that none of these schemas has.
  void require_known(const std::vector<OwnedSchema>& schemas) const;

 private:
  config::Document document_;
};

}  // namespace tandem::conformance
