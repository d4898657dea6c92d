#include "tandem/sdk/collective.hpp"

namespace tandem {

Collective::~Collective() = default;

Collective& single_rank() {
  class SingleRank final : public Collective {
    int rank() const override { return 0; }
    int size() const override { return 1; }
    at::Tensor all_reduce_sum(const at::Tensor& tensor) override {
      detail::check_sum(tensor);
      return tensor;
    }
    at::Tensor all_gather(const at::Tensor& tensor) override {
      detail::check_gather(tensor);
      return tensor;
    }
  };
  static SingleRank collective;
  return collective;
}

}  // namespace tandem
