#include "data/cached_source.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <new>
#include <vector>

namespace tandem::data {
namespace {

/// A decoded picture; its pixels follow it.
struct Kept {
  std::int32_t height, width, channels;
  std::uint8_t* pixels() { return reinterpret_cast<std::uint8_t*>(this + 1); }
};

/// What the memory's own bookkeeping takes for a block.
constexpr std::int64_t block_cost = 16;

class CachedSource final : public Source {
 public:
  CachedSource(std::unique_ptr<Source> source, std::int64_t bytes)
      : Source(source->class_names()),
        source_(std::move(source)),
        slots_(static_cast<std::size_t>(source_->size())),
        left_(bytes - source_->size() * static_cast<std::int64_t>(sizeof(Slot))) {}

  ~CachedSource() override {
    for (Slot& slot : slots_) ::operator delete(slot.load());
  }

  std::int64_t size() const override { return source_->size(); }
  std::int64_t label(std::int64_t index) const override { return source_->label(index); }
  std::string name(std::int64_t index) const override { return source_->name(index); }

  void read(std::int64_t index, Image& out) const override {
    Slot& slot = slots_[static_cast<std::size_t>(index)];
    if (Kept* kept = slot.load(std::memory_order_acquire)) {
      out.reset(kept->height, kept->width, kept->channels);
      std::copy_n(kept->pixels(), out.values(), out.u8());
      return;
    }
    source_->read(index, out);
    if (out.type() == PixelType::u8) keep(slot, out);
  }

 private:
  using Slot = std::atomic<Kept*>;

  void keep(Slot& slot, const Image& image) const {
    const std::size_t bytes = sizeof(Kept) + image.values();
    const std::int64_t cost = static_cast<std::int64_t>(bytes) + block_cost;
    if (left_.fetch_sub(cost) < cost) {
      left_ += cost;
      return;
    }
    void* place = ::operator new(bytes, std::nothrow);
    Kept* kept =
        place ? new (place) Kept{image.height(), image.width(), image.channels()} : nullptr;
    if (kept) std::copy_n(image.u8(), image.values(), kept->pixels());
    Kept* none = nullptr;
    // Another thread may have kept the same picture meanwhile.
    if (kept && slot.compare_exchange_strong(none, kept, std::memory_order_acq_rel)) return;
    ::operator delete(place);
    left_ += cost;
  }

  std::unique_ptr<Source> source_;
  mutable std::vector<Slot> slots_;
  mutable std::atomic<std::int64_t> left_;
};

}  // namespace

std::unique_ptr<Source> cached(std::unique_ptr<Source> source, std::int64_t bytes) {
  return std::make_unique<CachedSource>(std::move(source), bytes);
}

}  // namespace tandem::data
