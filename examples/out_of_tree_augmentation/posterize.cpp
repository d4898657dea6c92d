// Posterize: each channel keeps a few levels, as many as are drawn for the picture.
#include <tandem/base/augmentation.hpp>

#include <algorithm>
#include <cmath>

namespace {

/// The nearest of `levels` equally spaced values from 0 to `top`.
float nearest_level(float value, float top, std::int64_t levels) {
  const float step = top / static_cast<float>(levels - 1);
  return std::round(std::clamp(value, 0.0F, top) / step) * step;
}

class Posterize final : public tandem::Augmentation {
 public:
  struct Params {
    tandem::Integers levels = {4, 16};
    double p = 0.5;
    static void declare(tandem::Fields<Params>& f) {
      f("levels", &Params::levels, "fewest and most levels").count(2).range(2, 256);
      f("p", &Params::p, "probability").range(0, 1);
    }
  };

  explicit Posterize(const Params& params) : params_(params) {
    if (params.levels[0] > params.levels[1])
      throw tandem::Error(tandem::ErrorKind::config, "posterize: levels is [fewest, most]");
  }

  /// Many threads run this at once: it is const, and draws from `random` alone.
  void apply(tandem::Image& image, tandem::Random& random) const override {
    if (!random.chance(params_.p)) return;
    const std::int64_t levels = random.integer(params_.levels[0], params_.levels[1]);
    if (image.type() == tandem::PixelType::u8) {
      for (std::uint8_t *x = image.u8(), *end = x + image.values(); x != end; ++x)
        *x = static_cast<std::uint8_t>(std::lround(nearest_level(*x, 255, levels)));
    } else {
      for (float *x = image.f32(), *end = x + image.values(); x != end; ++x)
        *x = nearest_level(*x, 1, levels);
    }
  }

 private:
  Params params_;
};

}  // namespace

TANDEM_PLUGIN("posterize", "1.0", "fewer levels of colour",
              tandem::augmentation<Posterize>("posterize"));
