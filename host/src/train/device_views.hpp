#pragma once

#include "data/loader.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace tandem::train {

/// The views of a batch of floats as tensors (N, C, H, W) in channels-last memory, without a copy
/// where `type` is float32: valid as long as the batch is.
std::vector<at::Tensor> view_tensors(const data::Batch& batch, at::ScalarType type);

/// A batch where the network is.
struct PlacedBatch {
  std::vector<at::Tensor> views;      ///< as `view_tensors` has them
  std::vector<std::int64_t> samples;  ///< numbers of the pictures
};

/// Brings a loader's batches to a device; those of bytes are normalised there. Copies run beside
/// the device's other work, on a stream of their own, so that a batch that is asked for in time
/// costs the next step nothing. [main thread]
class DeviceViews {
 public:
  /// `copies`: also on the CPU, where the loader's memory is used as it is otherwise.
  DeviceViews(at::Device device, at::ScalarType type, bool copies = false);
  ~DeviceViews();
  DeviceViews(DeviceViews&&) noexcept;

  /// Whether batches outlive the loader's: then one can be fetched while another is learnt from.
  bool copies() const { return copies_; }

  /// The next batch. Its views are valid until the loader is used again, where nothing is copied.
  PlacedBatch next(data::BatchLoader& loader);

 private:
  struct Side;
  struct Scale;

  void fetch_scales(const data::BatchLoader& loader);
  at::Tensor place(const data::BatchView& view, std::size_t number, std::int64_t size) const;

  at::Device device_;
  at::ScalarType type_;
  bool copies_;
  std::unique_ptr<Side> side_;  // null on the CPU
  std::vector<Scale> scales_;   // of each view, known with the first batch
};

/// For data::LoaderOptions: memory that a device copies from without the processor. Null on the
/// CPU, for the heap's own.
data::AllocateFloats pinned_memory(at::Device device);

}  // namespace tandem::train
