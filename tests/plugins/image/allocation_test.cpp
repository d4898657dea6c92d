// The hot path takes no memory from the heap once its buffers are warm.
#include "catch.hpp"
#include "data/view.hpp"
#include "ops.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::int64_t> allocations{0};

void* counted(std::size_t bytes) {
  ++allocations;
  if (void* place = std::malloc(bytes == 0 ? 1 : bytes)) return place;
  throw std::bad_alloc();
}

void* counted(std::size_t bytes, std::align_val_t alignment) {
  ++allocations;
  const auto unit = static_cast<std::size_t>(alignment);
  if (void* place = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit)) return place;
  throw std::bad_alloc();
}

}  // namespace

// For this whole program, and the plugins that it loads.
void* operator new(std::size_t bytes) {
  return counted(bytes);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, alignment);
}
void operator delete(void* place) noexcept {
  std::free(place);
}
void operator delete(void* place, std::size_t) noexcept {
  std::free(place);
}
void operator delete(void* place, std::align_val_t) noexcept {
  std::free(place);
}
void operator delete(void* place, std::size_t, std::align_val_t) noexcept {
  std::free(place);
}

using namespace tandem;
using ops::make;

TEST_CASE("making views allocates nothing once its buffers are warm") {
  const Image picture = ops::random_image(224, 280, 3);
  const data::ViewSpec official{
      {make("random_resized_crop", {{"size", std::int64_t{224}}}), make("horizontal_flip"),
       make("color_jitter",
            {{"brightness", 0.4}, {"contrast", 0.4}, {"saturation", 0.2}, {"hue", 0.1}}),
       make("grayscale", {{"p", 0.2}}), make("gaussian_blur"), make("solarize", {{"p", 0.2}}),
       make("random_shift", {{"max", std::int64_t{4}}}), make("random_erasing")}};
  Image view;
  const auto pass = [&] {
    const auto before = allocations.load();
    for (std::int64_t sample = 0; sample < 30; ++sample)
      data::make_view(official, picture, {.seed = 5, .sample = sample}, view);
    return allocations.load() - before;
  };
  CHECK(pass() > 0);
  CHECK(pass() == 0);
}
