#include "ops.hpp"

#include "plugin/augmentation.hpp"
#include "tandem/base/describes_draw.hpp"

#include <cmath>
#include <stdexcept>

namespace ops {

using namespace tandem;

namespace {

plugin::Catalog& catalog() {
  static plugin::Catalog loaded = [] {
    plugin::Catalog made(null_log());
    made.add_file(TANDEM_PLUGIN_DIR "/image.so");
    return made;
  }();
  return loaded;
}

plugin::Found<AugmentationFactory> find(const std::string& id) {
  return catalog().find_as<AugmentationFactory>(Role::augmentation, id);
}

Random stream(std::uint32_t sample) {
  return Random({.seed = 11, .epoch = 0, .sample = sample, .view = 0, .op = 0});
}

}  // namespace

std::vector<std::string> ids() {
  return catalog().ids(Role::augmentation);
}
const Schema& schema(const std::string& id) {
  return find(id).factory->schema();
}

Op make(const std::string& id, const Values& given) {
  const auto found = find(id);
  const Schema& known = found.factory->schema();
  ParamValues all = defaults(known);
  for (const auto& [name, value] : given) {
    const Param* param = known.find(name);
    if (!param) throw std::logic_error(id + " has no " + name);
    const std::string problem = check(*param, value);
    if (!problem.empty()) throw std::invalid_argument(problem);
    all[static_cast<std::size_t>(param - known.params.data())] = convert(*param, value);
  }
  return plugin::make_augmentation(found, all);
}

Image run(const Op& op, Image image, std::uint32_t sample) {
  Random random = stream(sample);
  op->apply(image, random);
  return image;
}

std::string told(const Op& op, const Image& image, std::uint32_t sample) {
  return dynamic_cast<const DescribesDraw&>(*op).describe_draw(image, stream(sample));
}

Image make_image(int height, int width, int channels,
                 const std::function<int(int, int, int)>& value, PixelType type) {
  Image image(height, width, channels, type);
  std::size_t i = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c, ++i) {
        if (type == PixelType::u8) image.u8()[i] = static_cast<std::uint8_t>(value(y, x, c));
        if (type == PixelType::f32) image.f32()[i] = static_cast<float>(value(y, x, c)) / 255;
      }
    }
  }
  return image;
}

Image random_image(int height, int width, int channels, PixelType type) {
  Random random({.seed = 5, .epoch = 1, .sample = 2, .view = 3, .op = 4});
  return make_image(
      height, width, channels,
      [&random](int, int, int) { return static_cast<int>(random.integer(0, 255)); }, type);
}

Image as_floats(const Image& bytes) {
  Image floats(bytes.height(), bytes.width(), bytes.channels(), PixelType::f32);
  for (std::size_t i = 0; i < bytes.values(); ++i)
    floats.f32()[i] = static_cast<float>(bytes.u8()[i]) / 255;
  return floats;
}

double at(const Image& image, int y, int x, int c) {
  const auto i = static_cast<std::size_t>((y * image.width() + x) * image.channels() + c);
  return image.type() == PixelType::u8 ? image.u8()[i] : 255.0 * double{image.f32()[i]};
}

std::vector<double> values(const Image& image) {
  std::vector<double> all;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      for (int c = 0; c < image.channels(); ++c) all.push_back(at(image, y, x, c));
    }
  }
  return all;
}

double distance(const Image& a, const Image& b) {
  const auto left = values(a), right = values(b);
  if (a.height() != b.height() || a.width() != b.width() || left.size() != right.size()) return 1e9;
  double largest = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    largest = std::max(largest, std::abs(left[i] - right[i]));
  }
  return largest;
}

}  // namespace ops
