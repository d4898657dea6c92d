#include "run/defaults.hpp"

#include "tandem/base/log.hpp"

#include <algorithm>

namespace tandem::run {
namespace {

constexpr int small_side = 80;

std::string crop(int size, double smallest) {
  return Log::join("  { use = \"random_resized_crop\", size = ", size, ", scale = [", smallest,
                   ", 1.0] },\n", "  { use = \"horizontal_flip\" },\n");
}

constexpr const char* colors =
    "  { use = \"color_jitter\", brightness = 0.4, contrast = 0.4, saturation = 0.2, hue = 0.1, p "
    "= 0.8 },\n"
    "  { use = \"grayscale\", p = 0.2 },\n";
constexpr const char* solarize = "  { use = \"solarize\", p = 0.2 },\n";

std::string blur(double probability) {
  return Log::join("  { use = \"gaussian_blur\", sigma = [0.1, 2.0], p = ", probability, " },\n");
}

std::string views(int size) {
  const bool small = size <= small_side;
  const std::string begin = crop(size, small ? 0.2 : 0.08) + colors;
  return "[[view]]\nops = [\n" + begin + (small ? "" : blur(1.0)) + "]\n[[view]]\nops = [\n" +
         begin + (small ? "" : blur(0.1)) + solarize + "]\n";
}

}  // namespace

int default_crop(const data::Shape& picture) {
  const int side = std::min(picture.height, picture.width);
  if (side <= 48) return std::max(side, 8);
  if (side <= small_side) return 64;
  return side <= 160 ? 128 : 224;
}

std::string default_toml(const data::Shape& picture, const std::string& backbone) {
  const int size = default_crop(picture);
  return Log::join("[backbone]\nuse = \"", backbone, "\"\nstem = \"",
                   size <= small_side ? "cifar" : "imagenet", "\"\n",
                   "[objective]\nuse = \"barlow_twins\"\n",
                   "[optimizer]\nuse = \"sgd\"\nlr = 0.12\nlr_per = 256\nweight_decay = 5e-4\n",
                   "[schedule]\nuse = \"cosine\"\nwarmup_epochs = 1\n", views(size));
}

}  // namespace tandem::run
