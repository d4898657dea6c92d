#pragma once

#include "data/normalization.hpp"
#include "data/source.hpp"
#include "data/view.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tandem::data {

/// A picture of a plain batch that could not be read.
struct Unreadable {
  std::int64_t position = 0;  ///< in the batch
  std::string reason;         ///< names the picture
};

/// The un-augmented pictures `indices`, for evaluation: N × height × width × channels floats in
/// `out`, packed, channels innermost. A picture of another size is resized (antialiased where it
/// shrinks) until it just covers height × width, and its centre taken. Pictures that cannot be read
/// are returned, in order, and their pixels are 0. `workers` threads beside the calling one share
/// the work. Throws Error(data) where a picture has another number of channels.
[[nodiscard]] std::vector<Unreadable> load_plain(const Source& source,
                                                 std::span<const std::int64_t> indices, Shape shape,
                                                 const Normalization& normalization, float* out,
                                                 int workers = 0);

/// Resizes an image until it just covers height × width, and takes its centre.
void fit(Image& image, int height, int width);

}  // namespace tandem::data
