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

std::string colors(double strength, double saturation, double hue) {
  return Log::join("  { use = \"color_jitter\", brightness = ", strength, ", contrast = ", strength,
                   ", saturation = ", saturation, ", hue = ", hue, ", p = 0.8 },\n",
                   "  { use = \"grayscale\", p = 0.2 },\n");
}

constexpr const char* solarize = "  { use = \"solarize\", p = 0.2 },\n";

std::string blur(double probability) {
  return Log::join("  { use = \"gaussian_blur\", sigma = [0.1, 2.0], p = ", probability, " },\n");
}

/// Official Barlow Twins and BYOL: blur in one view, solarize in the other. SimSiam: two views
/// alike, larger crops, no solarize. SimCLR: two views alike, stronger colours, at half strength on
/// small pictures. Small pictures: solo-learn's, lightly's and SimCLR's CIFAR recipes, without
/// blur.
std::string views(int size, const std::string& objective) {
  const bool small = size <= small_side;
  const bool simsiam = objective == "simsiam", simclr = objective == "simclr";
  const std::string begin =
      crop(size, simsiam || (small && !simclr) ? 0.2 : 0.08) + (!simclr ? colors(0.4, 0.2, 0.1)
                                                                : small ? colors(0.4, 0.4, 0.1)
                                                                        : colors(0.8, 0.8, 0.2));
  const auto view = [&](double blurred, bool solarized) {
    return "[[view]]\nops = [\n" + begin + (small ? "" : blur(blurred)) +
           (solarized ? solarize : "") + "]\n";
  };
  if (simsiam || simclr) return view(0.5, false) + view(0.5, false);
  return view(1.0, false) + view(0.1, true);
}

/// Its own parameters where the plugin's defaults, made for ImageNet and LARS, do not suit. SimCLR:
/// the official command for CIFAR-10 and lightly's benchmark have a temperature of 0.5.
std::string parameters(const std::string& objective, int size) {
  if (objective == "byol") return "scale = 0.25\ntau = 0.99\n";
  if (objective == "simclr" && size <= small_side) return "temperature = 0.5\n";
  return "";
}

/// A step of ResNet-18 holds about 60 MB a picture of 224 px.
std::int64_t batch_size(int size, std::int64_t count) {
  const std::int64_t fits = size >= 192 ? 64 : size >= 96 ? 128 : 256;
  return std::max<std::int64_t>(2, std::min(fits, count / 2));
}

/// lightly's CIFAR benchmark trains all of them with SGD at 0.06 for a batch of 128; its BYOL has a
/// quarter of the published gradient, and tau 0.99. SimSiam's paper has 0.05 for 256, and decays
/// biases and norms too.
std::string recipe(const std::string& objective) {
  const std::string sgd = "[optimizer]\nuse = \"sgd\"\nlr_per = 256\n";
  if (objective == "simsiam")
    return sgd + "lr = 0.05\nweight_decay = 1e-4\ndecay_bias_norm = true\n";
  return sgd + "lr = 0.12\nweight_decay = 5e-4\n";
}

}  // namespace

int default_crop(const data::Shape& picture) {
  const int side = std::min(picture.height, picture.width);
  if (side <= 48) return std::max(side, 8);
  if (side <= small_side) return 64;
  return side <= 160 ? 128 : 224;
}

std::string default_toml(const Given& given) {
  const int size = default_crop(given.picture);
  return Log::join("[backbone]\nuse = \"", given.backbone, "\"\nstem = \"",
                   size <= small_side ? "cifar" : "imagenet", "\"\n[objective]\nuse = \"",
                   given.objective, "\"\n", parameters(given.objective, size),
                   recipe(given.objective), "[schedule]\nuse = \"cosine\"\nwarmup_epochs = 1\n",
                   "[train]\nbatch_size = ", batch_size(size, given.count), "\n",
                   views(size, given.objective));
}

}  // namespace tandem::run
