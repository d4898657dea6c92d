#include "data/batch_memory.hpp"

#include "tandem/base/error.hpp"

#include <algorithm>
#include <cstdlib>

namespace tandem::data {
namespace {

std::shared_ptr<float> from_heap(std::size_t count) {
  constexpr std::size_t line = 64;
  const std::size_t bytes = (count * sizeof(float) + line - 1) / line * line;
  std::shared_ptr<float> memory(
      static_cast<float*>(std::aligned_alloc(line, std::max(bytes, line))), std::free);
  if (!memory) {
    throw Error(ErrorKind::resource, Log::join("no memory for a batch of ", bytes >> 20,
                                               " MiB: set a smaller "
                                               "train.batch_size or fewer data.workers"));
  }
  return memory;
}

}  // namespace

BatchMemory::BatchMemory(std::span<const Shape> shapes, std::int64_t size, bool keep_bytes,
                         const AllocateFloats& allocate) {
  const auto get = [&](std::size_t count) { return allocate ? allocate(count) : from_heap(count); };
  const auto pictures = static_cast<std::size_t>(size);
  for (const Shape& shape : shapes) {
    View& view = memory_.emplace_back();
    view.values = static_cast<std::size_t>(shape.height) * static_cast<std::size_t>(shape.width) *
                  static_cast<std::size_t>(shape.channels);
    const std::size_t count = pictures * view.values;
    view.floats = get(count);
    if (keep_bytes) {
      view.bytes = get((count + sizeof(float) - 1) / sizeof(float));
      view.in_bytes.resize(pictures);
    }
    views_.push_back({view.floats.get(), nullptr, shape.height, shape.width, shape.channels});
  }
}

std::uint8_t* BatchMemory::View::bytes_of(std::size_t picture) const {
  return reinterpret_cast<std::uint8_t*>(bytes.get()) + picture * values;
}

void BatchMemory::write(std::size_t view, std::int64_t position, const Image& image,
                        const Normalizer& normalizer) {
  View& to = memory_[view];
  const auto picture = static_cast<std::size_t>(position);
  const bool in_bytes = to.bytes && image.type() == PixelType::u8;
  if (to.bytes) to.in_bytes[picture] = in_bytes;
  if (in_bytes)
    std::copy_n(image.u8(), to.values, to.bytes_of(picture));
  else
    normalizer.write(image, to.floats_of(picture));
}

const std::vector<BatchView>& BatchMemory::finish(std::span<const Normalizer> normalizers) {
  for (std::size_t v = 0; v < memory_.size(); ++v) {
    const View& view = memory_[v];
    if (!view.bytes) continue;
    const auto& flags = view.in_bytes;
    const bool all = std::all_of(flags.begin(), flags.end(), [](auto flag) { return flag != 0; });
    views_[v].bytes = all ? view.bytes_of(0) : nullptr;
    if (all) continue;
    for (std::size_t picture = 0; picture < flags.size(); ++picture) {
      if (flags[picture] != 0)
        normalizers[v].write(view.bytes_of(picture), view.values, view.floats_of(picture));
    }
  }
  return views_;
}

}  // namespace tandem::data
