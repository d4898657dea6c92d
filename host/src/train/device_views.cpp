#include "train/device_views.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/ScopeExit.h>

#include <array>

namespace tandem::train {

namespace {

/// (N, C, H, W) in the memory of the batch.
at::Tensor lent(const data::BatchView& view, std::int64_t size) {
  const std::array<std::int64_t, 4> shape = {size, view.height, view.width, view.channels};
  const auto packed = view.bytes != nullptr ? at::from_blob(view.bytes, shape, at::kByte)
                                            : at::from_blob(view.data, shape, at::kFloat);
  return packed.permute({0, 3, 1, 2});
}

}  // namespace

std::vector<at::Tensor> view_tensors(const data::Batch& batch, at::ScalarType type) {
  std::vector<at::Tensor> tensors;
  for (const auto& view : batch.views) tensors.push_back(lent(view, batch.size).to(type));
  return tensors;
}

/// A factor and a summand for each channel's 8-bit pixels, where they are normalised.
struct DeviceViews::Scale {
  at::Tensor factor, summand;

  at::Tensor normalized(const at::Tensor& pixels) const {
    return pixels.to(at::kFloat).mul_(factor).add_(summand);
  }
};

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

void DeviceViews::fetch_scales(const data::BatchLoader& loader) {
  if (!scales_.empty()) return;
  const auto there = [this](const std::vector<float>& values) {
    return at::tensor(values).view({1, -1, 1, 1}).to(device_);
  };
  for (const data::PixelScale& scale : loader.pixel_scales())
    scales_.push_back({there(scale.scale), there(scale.shift)});
}

at::Tensor DeviceViews::place(const data::BatchView& view, std::size_t number,
                              std::int64_t size) const {
  const at::Tensor here = lent(view, size);
  const at::Tensor there =
      here.to(device_, here.scalar_type(), /*non_blocking=*/side_ != nullptr, /*copy=*/copies_);
  return (view.bytes != nullptr ? scales_[number].normalized(there) : there).to(type_);
}

PlacedBatch DeviceViews::next(data::BatchLoader& loader) {
  if (side_) side_->wait();  // the loader takes its last batch back
  fetch_scales(loader);
  const data::Batch& batch = loader.next();
  PlacedBatch placed{{}, batch.samples};
  const auto place_all = [&] {
    for (std::size_t v = 0; v < batch.views.size(); ++v)
      placed.views.push_back(place(batch.views[v], v, batch.size));
  };
  if (!side_) {
    place_all();
    return placed;
  }
  side_->run([&](c10::Stream current) {
    place_all();
    for (const at::Tensor& view : placed.views)
      view.record_stream(current);  // whose work on it may outlast the tensor
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
