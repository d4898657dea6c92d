#pragma once

#include "conformance/checking.hpp"
#include "conformance/rule.hpp"
#include "tandem/sdk/backbone.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tandem::conformance {

/// Pictures (channels, height, width) that a backbone takes.
struct InputShape {
  std::int64_t channels = 3, height = 32, width = 32;
};

struct NetworkOptions {
  std::string tap = {};
  at::ScalarType type = at::kFloat;
  std::uint64_t variant = 0;  ///< another one: other random weights, the same pictures
};

/// A backbone of the subject, small where it can be, in eval mode. What the plugin throws is a
/// Thrown. Throws NotApplicable where it cannot be made from its defaults because it needs a file:
/// it refuses with an Error(config), and has a parameter that is a text and empty by default.
class Network {
 public:
  Network(const Subject& subject, const InputShape& shape, const NetworkOptions& options = {});

  at::Tensor forward(const at::Tensor& pictures);
  std::vector<std::string> layers();
  void train(bool on);
  void to(at::ScalarType type);
  Snapshot state() { return snapshot(*backbone_); }
  Backbone& backbone() { return *backbone_; }
  void drop() { backbone_.reset(); }

 private:
  std::unique_ptr<Backbone> backbone_;
};

/// A shape that the backbone takes at its own tap: 32×32, a series of 256, or 224×224, with 3
/// channels or 1. Throws Violation, with what it says to the first, where it takes none.
InputShape input_of(const Subject& subject);

/// `count` pictures, other ones for another `salt`.
at::Tensor pictures_of(const Subject& subject, const InputShape& shape, std::int64_t count,
                       at::ScalarType type = at::kFloat, std::uint64_t salt = 0);

}  // namespace tandem::conformance
