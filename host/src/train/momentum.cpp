#include "train/momentum.hpp"

#include "train/fused.hpp"

#include <type_traits>

namespace tandem::train {

bool walk_momentum(const at::Tensor& value, const at::Tensor& grad, const at::Tensor& buffer,
                   const MomentumStep& step) {
  if (!walk_together({&value, &grad, &buffer})) return false;
  with_element_type(value, [&](auto* element) {
    using T = std::remove_pointer_t<decltype(element)>;
    T* const p = value.data_ptr<T>();
    const T* const g = grad.const_data_ptr<T>();
    T* const b = buffer.data_ptr<T>();
    for_blocks(value.numel(), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      momentum_step(p + begin, g + begin, b + begin, end - begin, step);
    });
  });
  mark_changed(value);
  mark_changed(buffer);
  return true;
}

}  // namespace tandem::train
