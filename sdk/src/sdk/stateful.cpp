#include "tandem/sdk/stateful.hpp"

#include <ATen/ATen.h>

namespace tandem {
namespace {

class Collector final : public StateVisitor {
 public:
  void parameter(std::string_view name, const at::Tensor& tensor) override {
    state.parameters.push_back({std::string(name), tensor});
  }
  void buffer(std::string_view name, const at::Tensor& tensor) override {
    state.buffers.push_back({std::string(name), tensor});
  }
  State state;
};

class Prefixed final : public StateVisitor {
 public:
  Prefixed(StateVisitor& next, const std::string& prefix, bool as_buffers)
      : next_(next), prefix_(prefix), as_buffers_(as_buffers) {}
  void parameter(std::string_view name, const at::Tensor& tensor) override {
    if (as_buffers_) return buffer(name, tensor);
    next_.parameter(prefix_ + std::string(name), tensor);
  }
  void buffer(std::string_view name, const at::Tensor& tensor) override {
    next_.buffer(prefix_ + std::string(name), tensor);
  }

 private:
  StateVisitor& next_;
  const std::string& prefix_;
  bool as_buffers_;
};

}  // namespace

StateVisitor::~StateVisitor() = default;
Stateful::~Stateful() = default;

void move_to(const at::Tensor& tensor, at::Device device, at::ScalarType type) {
  const at::NoGradGuard no_grad;
  tensor.set_data(tensor.to(device, tensor.is_floating_point() ? type : tensor.scalar_type()));
}

State state_of(Stateful& object) {
  Collector collector;
  object.visit(collector);
  return std::move(collector.state);
}

void visit_as(Stateful& object, StateVisitor& visitor, const std::string& prefix, bool as_buffers) {
  Prefixed prefixed(visitor, prefix, as_buffers);
  object.visit(prefixed);
}

}  // namespace tandem
