#pragma once

#include "tandem/base/export.hpp"

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem {

/// Receives the state of something, name by name. Names are dotted paths, unique within one visit,
/// the same at every visit, in the same order.
class TANDEM_API StateVisitor {
 public:
  virtual ~StateVisitor();
  /// What the optimizer may train.
  virtual void parameter(std::string_view name, const at::Tensor& tensor) = 0;
  /// Everything else that must survive: running statistics, a target encoder's weights, a queue.
  virtual void buffer(std::string_view name, const at::Tensor& tensor) = 0;
};

/// How the host trains, moves, saves and averages what it does not know. [one thread at a time;
/// several objects on several threads]
class TANDEM_API Stateful {
 public:
  virtual ~Stateful();
  /// Names every tensor, always the current ones: whoever visits may change them in place. Any
  /// state that is not a parameter is a buffer too.
  virtual void visit(StateVisitor& visitor) = 0;
  /// Training mode on or off (BatchNorm, dropout).
  virtual void train(bool on) = 0;
  /// Moves everything; floating-point tensors take the type. `move_to` does it for one tensor.
  virtual void to(at::Device device, at::ScalarType type) = 0;
};

/// Moves a tensor where it is, so that whoever holds it holds the moved one. A floating-point
/// tensor takes the type; another keeps its own, as BatchNorm's counter of batches must and does
/// not under torch::nn::Module::to. No graph is recorded.
TANDEM_API void move_to(const at::Tensor& tensor, at::Device device, at::ScalarType type);

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

/// The state as two lists, in the order of the visit.
struct TANDEM_API State {
  std::vector<NamedTensor> parameters;
  std::vector<NamedTensor> buffers;
};
TANDEM_API State state_of(Stateful& object);

/// Passes everything of `object` on with a prefix before each name; a target encoder's parameters
/// become buffers with `as_buffers`, since no optimizer may train them.
TANDEM_API void visit_as(Stateful& object, StateVisitor& visitor, const std::string& prefix,
                         bool as_buffers = false);

}  // namespace tandem
