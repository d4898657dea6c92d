#include "blur.hpp"
#include "color_jitter.hpp"
#include "crop.hpp"
#include "erase.hpp"
#include "flip.hpp"
#include "noise.hpp"
#include "tone.hpp"

namespace image = tandem::image;

TANDEM_PLUGIN("image", "1.0", "operations on 8-bit pictures, drawn as torchvision draws them",
              tandem::augmentation<image::RandomResizedCrop>("random_resized_crop"),
              tandem::augmentation<image::Resize>("resize"),
              tandem::augmentation<image::CenterCrop>("center_crop"),
              tandem::augmentation<image::RandomShift>("random_shift"),
              tandem::augmentation<image::HorizontalFlip>("horizontal_flip"),
              tandem::augmentation<image::ColorJitter>("color_jitter"),
              tandem::augmentation<image::Grayscale>("grayscale"),
              tandem::augmentation<image::Solarize>("solarize"),
              tandem::augmentation<image::GaussianBlur>("gaussian_blur"),
              tandem::augmentation<image::RandomErasing>("random_erasing"),
              tandem::augmentation<image::Noise>("noise"));
