#include "tandem/base/image.hpp"

#include "tandem/base/error.hpp"

#include <cstring>
#include <utility>

namespace tandem {
namespace {

std::size_t value_size(PixelType type) {
  return type == PixelType::u8 ? 1 : sizeof(float);
}

void require(PixelType found, PixelType wanted) {
  if (found != wanted) {
    throw Error(ErrorKind::internal, wanted == PixelType::u8
                                         ? "an 8-bit image was expected, a float one given"
                                         : "a float image was expected, an 8-bit one given");
  }
}

}  // namespace

std::size_t Image::Buffer::values() const {
  return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
         static_cast<std::size_t>(channels);
}

std::size_t Image::Buffer::size() const {
  return values() * value_size(type);
}

void Image::Buffer::shape(int h, int w, int c, PixelType t) {
  if (h < 0 || w < 0 || c < 0) throw Error(ErrorKind::internal, "an image of negative size");
  const std::size_t needed = Buffer{nullptr, 0, h, w, c, t}.size();
  if (!bytes || needed > capacity) {
    *this = Buffer();
    bytes = std::make_unique_for_overwrite<std::byte[]>(needed);
    capacity = needed;
  }
  height = h, width = w, channels = c, type = t;
}

Image::Image() = default;
Image::~Image() = default;
Image::Image(Image&&) noexcept = default;
Image& Image::operator=(Image&&) noexcept = default;

Image::Image(int height, int width, int channels, PixelType type) {
  reset(height, width, channels, type);
  if (front_.size() > 0) std::memset(front_.bytes.get(), 0, front_.size());
}

Image::Image(const Image& other) {
  *this = other;
}

Image& Image::operator=(const Image& other) {
  if (this == &other) return *this;
  reset(other.height(), other.width(), other.channels(), other.type());
  if (front_.size() > 0) std::memcpy(front_.bytes.get(), other.front_.bytes.get(), front_.size());
  return *this;
}

void Image::reset(int height, int width, int channels, PixelType type) {
  front_.shape(height, width, channels, type);
}

std::uint8_t* Image::u8() {
  return const_cast<std::uint8_t*>(std::as_const(*this).u8());
}

const std::uint8_t* Image::u8() const {
  require(front_.type, PixelType::u8);
  return reinterpret_cast<const std::uint8_t*>(front_.bytes.get());
}

float* Image::f32() {
  return const_cast<float*>(std::as_const(*this).f32());
}

const float* Image::f32() const {
  require(front_.type, PixelType::f32);
  return reinterpret_cast<const float*>(front_.bytes.get());
}

std::uint8_t* Image::scratch_u8(int height, int width, int channels) {
  back_.shape(height, width, channels, PixelType::u8);
  return reinterpret_cast<std::uint8_t*>(back_.bytes.get());
}

float* Image::scratch_f32(int height, int width, int channels) {
  back_.shape(height, width, channels, PixelType::f32);
  return reinterpret_cast<float*>(back_.bytes.get());
}

void Image::swap() {
  std::swap(front_, back_);
}

}  // namespace tandem
