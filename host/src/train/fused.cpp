#include "train/fused.hpp"

namespace tandem::train {
namespace {

/// Strides of dimensions of size 1 say nothing, and differ between equal layouts.
bool same_order(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return false;
  for (std::int64_t i = 0; i < a.dim(); ++i) {
    if (a.size(i) != 1 && a.stride(i) != b.stride(i)) return false;
  }
  return true;
}

bool is_plain(const at::Tensor& tensor) {
  const auto type = tensor.scalar_type();
  return tensor.layout() == at::kStrided && tensor.device().is_cpu() &&
         (type == at::kFloat || type == at::kDouble) && tensor.is_non_overlapping_and_dense();
}

}  // namespace

bool walk_together(std::initializer_list<const at::Tensor*> tensors) {
  const at::Tensor& first = **tensors.begin();
  for (const at::Tensor* tensor : tensors) {
    if (!is_plain(*tensor) || tensor->scalar_type() != first.scalar_type()) return false;
    if (!same_order(*tensor, first)) return false;
  }
  return true;
}

void mark_changed(const at::Tensor& tensor) {
  tensor.unsafeGetTensorImpl()->bump_version();
}

}  // namespace tandem::train
