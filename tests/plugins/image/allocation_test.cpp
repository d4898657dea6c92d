// The hot path takes no memory from the heap once its buffers are warm. Counted at malloc, which
// `new` calls too, for this whole program and the plugins that it loads; a sanitizer has a heap of
// its own, under which only the operations run.
#include "all_ops.hpp"
#include "catch.hpp"
#include "data/view.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

#ifdef __has_feature
#define TANDEM_HAS_FEATURE(name) __has_feature(name)
#else
#define TANDEM_HAS_FEATURE(name) 0
#endif
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !TANDEM_HAS_FEATURE(address_sanitizer) && !TANDEM_HAS_FEATURE(thread_sanitizer)
#define TANDEM_COUNTS_ALLOCATIONS
#endif

namespace {

std::atomic<std::int64_t> allocations{0};

}  // namespace

#ifdef TANDEM_COUNTS_ALLOCATIONS

extern "C" {

void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* place, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);

void* malloc(std::size_t bytes) noexcept {
  ++allocations;
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) noexcept {
  ++allocations;
  return __libc_calloc(count, bytes);
}
void* realloc(void* place, std::size_t bytes) noexcept {
  ++allocations;
  return __libc_realloc(place, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  return memalign(alignment, bytes);
}
int posix_memalign(void** place, std::size_t alignment, std::size_t bytes) noexcept {
  *place = memalign(alignment, bytes);
  return *place == nullptr ? ENOMEM : 0;
}

}  // extern "C"

#endif

using namespace tandem;
using ops::make;

namespace {

/// How often a view's operations ask for memory, for thirty samples of a picture.
std::int64_t count(const data::ViewSpec& spec, const Image& picture, Image& view) {
  const auto before = allocations.load();
  for (std::int64_t sample = 0; sample < 30; ++sample)
    data::make_view(spec, picture, {.seed = 5, .sample = sample}, view);
  return allocations.load() - before;
}

void check_second_pass(const data::ViewSpec& spec, const Image& picture) {
  Image view;
  count(spec, picture, view);
  CHECK(count(spec, picture, view) == 0);
}

}  // namespace

TEST_CASE("every way to take memory is counted") {
#ifdef TANDEM_COUNTS_ALLOCATIONS
  const auto counted = [](auto&& take) {
    const auto before = allocations.load();
    std::free(take());
    return allocations.load() - before;
  };
  // Volatile, since a compiler may leave out what it sees to be unused.
  volatile std::size_t bytes = 64;
  CHECK(counted([&] { return std::malloc(bytes); }) == 1);
  CHECK(counted([&] { return std::calloc(bytes, 1); }) == 1);
  CHECK(counted([&] { return std::realloc(nullptr, bytes); }) == 1);
  CHECK(counted([&] { return std::aligned_alloc(64, bytes); }) == 1);
  CHECK(counted([&] {
          void* place = nullptr;
          return ::posix_memalign(&place, 64, bytes) == 0 ? place : nullptr;
        }) == 1);
  CHECK(counted([&] {
          ::operator delete(::operator new(bytes));
          return nullptr;
        }) == 1);
  // A plugin's buffers, and the host's.
  Image view;
  CHECK(count({{make("gaussian_blur")}}, ops::random_image(50, 60, 3), view) > 0);
#endif
}

TEST_CASE("making views allocates nothing once its buffers are warm") {
  const Image picture = ops::random_image(224, 280, 3);
  check_second_pass(
      {{make("random_resized_crop", {{"size", std::int64_t{224}}}), make("horizontal_flip"),
        make("color_jitter",
             {{"brightness", 0.4}, {"contrast", 0.4}, {"saturation", 0.2}, {"hue", 0.1}}),
        make("grayscale", {{"p", 0.2}}), make("gaussian_blur"), make("solarize", {{"p", 0.2}}),
        make("random_shift", {{"max", std::int64_t{4}}}), make("random_erasing")}},
      picture);
}

TEST_CASE("no operation allocates once its buffers are warm, in any dialect, on bytes and floats") {
  for (const auto& [name, op] : ops::all(32)) {
    for (const PixelType type : {PixelType::u8, PixelType::f32}) {
      for (const int channels : {1, 3}) {
        INFO(name << (type == PixelType::u8 ? " on bytes" : " on floats") << " of " << channels);
        check_second_pass({{op}}, ops::random_image(61, 47, channels, type));
      }
    }
  }
}
