#include "draw_text.hpp"

#include "tandem/base/log.hpp"

#include <array>
#include <charconv>

namespace tandem::image {

std::string number(double value) {
  std::array<char, 32> text{};  // the longest takes 15
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), static_cast<float>(value)).ptr;
  return {text.data(), end};
}

std::string part(const Box& box, const Image& image) {
  return Log::join("top ", box.top, ", left ", box.left, ", width ", box.width, ", height ",
                   box.height, " of ", image.width(), "x", image.height());
}

}  // namespace tandem::image
