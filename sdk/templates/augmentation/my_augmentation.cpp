// my_augmentation: the picture brighter or darker, by a factor that is drawn.
// A start that trains: put your own operation in its place. The specification is
// <tandem/base/augmentation.hpp>.
#include <tandem/base/augmentation.hpp>

#include <algorithm>
#include <cmath>

namespace {

class MyAugmentation final : public tandem::Augmentation {
 public:
  // Parameters are declared once, beside the members that hold their defaults. The host checks each
  // `ops` entry against them before anything is made, and `tandem plugins info my_augmentation`
  // prints them.
  struct Params {
    double strength = 0.3;
    static void declare(tandem::Fields<Params>& f) {
      f("strength", &Params::strength, "the factor lies between 1 - strength and 1 + strength")
          .range(0, 1);
    }
  };

  explicit MyAugmentation(const Params& params) : strength_(params.strength) {}

  // Many loader threads call this on one object at once: it is const, and keeps nothing. Randomness
  // comes from `random` alone, so that the same seed, epoch, picture and view give the same pixels
  // on any number of threads. The pixels are the host's: no pointer to them outlives the call.
  // Pictures have any size and 1 to 3 channels.
  void apply(tandem::Image& image, tandem::Random& random) const override {
    const auto factor = static_cast<float>(random.uniform(1 - strength_, 1 + strength_));
    // Bytes from 0 to 255 or floats from 0 to 1: an operation takes both.
    if (image.type() == tandem::PixelType::u8) {
      std::for_each_n(image.u8(), image.values(), [factor](std::uint8_t& x) {
        x = static_cast<std::uint8_t>(std::min(std::lround(static_cast<float>(x) * factor), 255L));
      });
    } else {
      std::for_each_n(image.f32(), image.values(),
                      [factor](float& x) { x = std::clamp(x * factor, 0.0F, 1.0F); });
    }
  }

 private:
  double strength_;
};

}  // namespace

// The id in the last bracket is what configurations write: ops = [ { use = "my_augmentation" } ].
TANDEM_PLUGIN("my_augmentation", "0.1", "what it is, in a line",
              tandem::augmentation<MyAugmentation>("my_augmentation"));
