#pragma once

#include "eval/features.hpp"
#include "run/data_set.hpp"

#include <ATen/core/Tensor.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace tandem::run {

/// Thrown where `Pictures` is asked to stop.
struct Stopped {};

/// The un-augmented pictures of a source as tensors, and their labels. A picture that cannot be
/// read is black and has no label. [one thread]
class Pictures {
 public:
  Pictures(SourcePointer source, const data::Shape& shape, data::Normalization normalization,
           at::ScalarType type);

  /// From now on `read` throws Stopped once this is set, which must outlive the pictures.
  void stop_at(const std::atomic<bool>& stop) { stop_ = &stop; }

  /// Pictures begin … end-1 as (end − begin, C, H, W).
  at::Tensor read(std::int64_t begin, std::int64_t end);

  struct Unreadable {
    std::int64_t index = 0;
    std::string reason;  ///< names the picture
  };
  /// Those that `read` met since this was asked last.
  std::vector<Unreadable> take_unreadable();

  /// What `describe` makes of all of them; `shifted`: each moved by up to `shift_pixels`.
  eval::Features describe(const eval::Describe& describe, bool shifted = false);
  /// The same through an encoder in eval mode, which is in training mode afterwards.
  eval::Features encode(Encoder& encoder, bool shifted = false);

  static constexpr std::int64_t shift_pixels = 3;

 private:
  eval::ReadPictures reader(bool shifted);
  std::vector<double> black() const;
  eval::Features finished(eval::Features features);

  SourcePointer source_;
  data::Shape shape_;
  data::Normalization normalization_;
  at::ScalarType type_;
  std::vector<std::int64_t> labels_;
  std::vector<Unreadable> unreadable_;
  const std::atomic<bool>* stop_ = nullptr;
};

/// The class of every picture, -1 where there is none.
std::vector<std::int64_t> labels_of(const data::Source& source);
/// Pixels as features: pictures averaged to at most 32 × 32, series to 1024 values.
at::Tensor reduced_pixels(const at::Tensor& pictures);
/// What they are: "raw pixels", or "raw pixels, averaged to 32 px".
std::string pixel_features(const data::Shape& shape);

}  // namespace tandem::run
