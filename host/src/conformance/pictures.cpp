#include "conformance/pictures.hpp"

#include <cmath>
#include <cstring>

namespace tandem::conformance {
namespace {

constexpr std::size_t fence_size = 64;
constexpr std::byte fence_byte{0xa5};

std::size_t bytes_of(const Image& image) {
  return image.values() * (image.type() == PixelType::u8 ? 1 : sizeof(float));
}

const std::byte* data(const Image& image) {
  return image.type() == PixelType::u8 ? reinterpret_cast<const std::byte*>(image.u8())
                                       : reinterpret_cast<const std::byte*>(image.f32());
}

std::byte* data(Image& image) {
  return const_cast<std::byte*>(data(std::as_const(image)));
}

/// glibc keeps a block's size in the word before it, and flags in the lowest three bits: the one
/// thing before a buffer that is known and stays. AddressSanitizer watches that place itself.
#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
std::uint64_t word_before(const std::byte*) {
  return 0;
}
void set_word_before(std::byte*, std::uint64_t) {}
#else
std::uint64_t word_before(const std::byte* buffer) {
  std::uint64_t word = 0;
  std::memcpy(&word, buffer - sizeof word, sizeof word);
  return word;
}
void set_word_before(std::byte* buffer, std::uint64_t word) {
  std::memcpy(buffer - sizeof word, &word, sizeof word);
}
#endif

std::uint64_t size_in(std::uint64_t word) {
  return word & ~std::uint64_t{7};
}

}  // namespace

std::string to_text(const Shape& shape) {
  return Log::join(shape.height, "×", shape.width, "×", shape.channels,
                   shape.type == PixelType::u8 ? "" : " in floats");
}

Image random_picture(const Shape& shape, std::uint64_t seed) {
  Image image(shape.height, shape.width, shape.channels, shape.type);
  Random random({seed, 1});
  for (std::size_t i = 0; i < image.values(); ++i) {
    if (shape.type == PixelType::u8)
      image.u8()[i] = static_cast<std::uint8_t>(random.bits() >> 24);
    else
      image.f32()[i] = static_cast<float>(random.uniform());
  }
  return image;
}

void refill(Image& image, const Image& from) {
  image.reset(from.height(), from.width(), from.channels(), from.type());
  std::memcpy(data(image), data(from), bytes_of(from));
}

std::string difference(const Image& a, const Image& b) {
  const auto shape = [](const Image& image) {
    return to_text({image.height(), image.width(), image.channels(), image.type()});
  };
  if (shape(a) != shape(b)) return "the picture is " + shape(a) + " and " + shape(b);
  for (std::size_t i = 0; i < a.values(); ++i) {
    const auto value = [i](const Image& image) {
      return image.type() == PixelType::u8 ? static_cast<double>(image.u8()[i])
                                           : static_cast<double>(image.f32()[i]);
    };
    const bool same = value(a) == value(b) || (std::isnan(value(a)) && std::isnan(value(b)));
    if (!same) return Log::join("value ", i, " is ", value(a), " and ", value(b));
  }
  return "";
}

bool is_finite(const Image& image) {
  for (std::size_t i = 0; image.type() == PixelType::f32 && i < image.values(); ++i)
    if (!std::isfinite(image.f32()[i])) return false;
  return true;
}

FencedImage::FencedImage(const Image& content, std::optional<std::size_t> second) {
  image_.reset(1, static_cast<int>(bytes_of(content) + fence_size), 1);
  front_ = put_up(data(image_), bytes_of(content));
  if (second) {
    auto* back = image_.scratch_u8(1, static_cast<int>(*second + fence_size), 1);
    back_ = put_up(reinterpret_cast<std::byte*>(back), *second);
    image_.scratch_u8(0, 0, 0);
  }
  refill(image_, content);
}

FencedImage::Fence FencedImage::put_up(std::byte* buffer, std::size_t size) {
  std::memset(buffer, static_cast<int>(fence_byte), size + fence_size);
  return {buffer, size, word_before(buffer)};
}

std::string FencedImage::damage_of(const Fence& fence) {
  if (size_in(word_before(fence.buffer)) != size_in(fence.before)) {
    // Put back, or the buffer cannot be given back.
    set_word_before(fence.buffer, fence.before);
    return "the bytes before the beginning";
  }
  for (std::size_t i = fence_size; i > 0; --i)
    if (fence.buffer[fence.size + i - 1] != fence_byte)
      return Log::join("up to ", i, i == 1 ? " byte" : " bytes", " after the end");
  return "";
}

std::string FencedImage::damage() {
  std::string found;
  for (int i = 0; i < 2; ++i) {
    for (const Fence& fence : {front_, back_})
      if (found.empty() && fence.buffer != nullptr && fence.buffer == data(image_))
        found = damage_of(fence);
    image_.swap();
  }
  return found;
}

std::size_t FencedImage::second() {
  const bool swapped = data(image_) != front_.buffer;
  if (!swapped) image_.swap();
  const std::size_t size = bytes_of(image_);
  if (!swapped) image_.swap();
  return size;
}

}  // namespace tandem::conformance
