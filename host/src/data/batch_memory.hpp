#pragma once

#include "data/loader.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace tandem::data {

/// What the views of a batch lie in.
class BatchMemory {
 public:
  /// For `size` pictures of each of the `shapes`, from `allocate`, or the heap where it is null.
  /// Throws Error(resource) where there is no memory.
  BatchMemory(std::span<const Shape> shapes, std::int64_t size, bool keep_bytes,
              const AllocateFloats& allocate);

  /// Writes picture `position` of a view into its place. [each place by one thread at a time]
  void write(std::size_t view, std::int64_t position, const Image& image,
             const Normalizer& normalizer);

  /// The views, once all pictures are written. Where an operation has made floats of some of a
  /// view's pictures, the bytes of the others become floats too.
  const std::vector<BatchView>& finish(std::span<const Normalizer> normalizers);

 private:
  struct View {
    std::shared_ptr<float> floats;
    std::shared_ptr<float> bytes;        ///< null unless bytes are kept
    std::vector<std::uint8_t> in_bytes;  ///< of each picture, where bytes are kept
    std::size_t values = 0;              ///< of one picture

    std::uint8_t* bytes_of(std::size_t picture) const;
    float* floats_of(std::size_t picture) const { return floats.get() + picture * values; }
  };

  std::vector<View> memory_;
  std::vector<BatchView> views_;
};

}  // namespace tandem::data
