#pragma once

#include "tandem/base/augmentation.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// The operations of the real image.so, loaded as a run loads it.
namespace ops {

using Values = std::map<std::string, tandem::ParamValue>;
using Op = std::shared_ptr<const tandem::Augmentation>;

/// An operation with these parameters, all others at their defaults.
Op make(const std::string& id, const Values& values = {});
std::vector<std::string> ids();
const tandem::Schema& schema(const std::string& id);

/// The image after one application, with the stream of (seed 11, sample).
tandem::Image run(const Op& op, tandem::Image image, std::uint32_t sample = 0);

/// What it says that it draws for the image from that stream. Throws where it does not say.
std::string told(const Op& op, const tandem::Image& image, std::uint32_t sample = 0);

/// Filled by `value(y, x, c)`; floats become value / 255.
tandem::Image make_image(int height, int width, int channels,
                         const std::function<int(int, int, int)>& value,
                         tandem::PixelType type = tandem::PixelType::u8);
/// An image of reproducible random bytes.
tandem::Image random_image(int height, int width, int channels,
                           tandem::PixelType type = tandem::PixelType::u8);
/// The same picture in 0 … 1.
tandem::Image as_floats(const tandem::Image& bytes);

/// A value in 0 … 255, whatever the type.
double at(const tandem::Image& image, int y, int x, int c);
std::vector<double> values(const tandem::Image& image);
/// The largest difference of two images of one shape; huge where the shapes differ.
double distance(const tandem::Image& a, const tandem::Image& b);

}  // namespace ops
