#include "train/device_views.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/ScopeExit.h>

namespace tandem::train {

std::vector<at::Tensor> view_tensors(const data::Batch& batch, at::ScalarType type) {
  std::vector<at::Tensor> tensors;
  for (const auto& view : batch.views) {
    const auto packed =
        at::from_blob(view.data, {batch.size, view.height, view.width, view.channels}, at::kFloat);
    tensors.push_back(packed.permute({0, 3, 1, 2}).to(type));
  }
  return tensors;
}

/// A stream beside the one that computes.
struct DeviceViews::Side {
  explicit Side(at::Device where)
      : guard(where.type()), device(where), stream(guard.getStreamFromGlobalPool(where)) {}

  /// Calls `work` with the stream in the place of the current one, which then waits for it.
  template <class Work>
  void run(const Work& work) const {
    const c10::Stream current = guard.exchangeStream(stream);
    const auto back = c10::make_scope_exit([&] { guard.exchangeStream(current); });
    work(current);
    c10::Event done(device.type());
    done.record(stream);
    done.block(current);
  }

  /// Until what was given to the stream is done.
  void wait() const { guard.synchronizeStream(stream); }

  c10::impl::VirtualGuardImpl guard;
  at::Device device;
  c10::Stream stream;
};

DeviceViews::DeviceViews(at::Device device, at::ScalarType type, bool copies)
    : device_(device),
      type_(type),
      copies_(copies || !device.is_cpu()),
      side_(device.is_cpu() ? nullptr : std::make_unique<Side>(device)) {}
DeviceViews::~DeviceViews() = default;
DeviceViews::DeviceViews(DeviceViews&&) noexcept = default;

PlacedBatch DeviceViews::next(data::BatchLoader& loader) {
  if (side_) side_->wait();  // the loader takes its last batch back
  const data::Batch& batch = loader.next();
  PlacedBatch placed{view_tensors(batch, at::kFloat), batch.samples};
  const auto place = [&](at::Tensor& view) {
    view = view.to(device_, type_, /*non_blocking=*/side_ != nullptr, /*copy=*/copies_);
  };
  if (!side_) {
    for (at::Tensor& view : placed.views) place(view);
    return placed;
  }
  side_->run([&](c10::Stream current) {
    for (at::Tensor& view : placed.views) {
      place(view);
      view.record_stream(current);  // whose work on it may outlast the tensor
    }
  });
  return placed;
}

data::AllocateFloats pinned_memory(at::Device device) {
  if (device.is_cpu()) return nullptr;
  return [](std::size_t count) {
    const auto options = at::TensorOptions(at::kFloat).pinned_memory(true);
    const at::Tensor memory = at::empty({static_cast<std::int64_t>(count)}, options);
    return std::shared_ptr<float>(memory.data_ptr<float>(), [memory](float*) {});
  };
}

}  // namespace tandem::train
