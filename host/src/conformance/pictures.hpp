#pragma once

#include "tandem/base/augmentation.hpp"
#include "tandem/base/log.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tandem::conformance {

struct Shape {
  int height = 32, width = 32, channels = 3;
  PixelType type = PixelType::u8;
};
std::string to_text(const Shape& shape);

/// Random pixels; floats from 0 to 1.
Image random_picture(const Shape& shape, std::uint64_t seed);
/// Fills an image, whose buffers stay where they are if they are large enough.
void refill(Image& image, const Image& from);

/// Where two pictures differ, e.g. "value 17 is 3 and 8"; empty where they are equal to the bit.
std::string difference(const Image& a, const Image& b);
/// True where every value of a float picture is finite.
bool is_finite(const Image& image);

/// A picture whose buffers have known bytes behind them.
class FencedImage {
 public:
  /// `second`: how many bytes an operation uses of the second buffer; it has no fence where that is
  /// not known.
  FencedImage(const Image& content, std::optional<std::size_t> second);
  Image& image() { return image_; }
  /// After an operation: what lies outside the buffers and was written to, e.g. "up to 1 byte after
  /// the end"; empty if nothing. A buffer that was too small and given up tells nothing.
  std::string damage();
  /// After an operation: how many bytes of the second buffer it used.
  std::size_t second();

 private:
  struct Fence {
    std::byte* buffer = nullptr;
    std::size_t size = 0;  ///< where the fence begins
    std::uint64_t before = 0;
  };
  static Fence put_up(std::byte* buffer, std::size_t size);
  static std::string damage_of(const Fence& fence);

  Image image_;
  Fence front_, back_;
};

}  // namespace tandem::conformance
