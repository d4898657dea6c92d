#include "blur.hpp"

#include "box_blur.hpp"
#include "draw_text.hpp"
#include "pixels.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace tandem::image {
namespace {

/// Fills `kernel` with a sampled Gaussian whose sum is 1.
void make_kernel(double sigma, std::vector<float>& kernel) {
  const int radius = std::max(1, static_cast<int>(std::ceil(4 * sigma)));
  kernel.resize(2 * static_cast<std::size_t>(radius) + 1);
  double sum = 0;
  for (int x = -radius; x <= radius; ++x) sum += std::exp(-0.5 * x * x / (sigma * sigma));
  for (int x = -radius; x <= radius; ++x) {
    kernel[static_cast<std::size_t>(x + radius)] =
        static_cast<float>(std::exp(-0.5 * x * x / (sigma * sigma)) / sum);
  }
}

/// On floats, since OpenCV's 8-bit filter takes twice as long.
void blur(float* from, float* to, const Image& shape, std::vector<float>& kernel) {
  const int type = CV_32FC(shape.channels());
  const cv::Mat in(shape.height(), shape.width(), type, from);
  cv::Mat out(shape.height(), shape.width(), type, to);
  const cv::Mat weights(1, static_cast<int>(kernel.size()), CV_32FC1, kernel.data());
  cv::sepFilter2D(in, out, CV_32F, weights, weights, cv::Point(-1, -1), 0, cv::BORDER_REFLECT_101);
}

void blur_u8(Image& image, std::vector<float>& kernel) {
  thread_local std::vector<float> from, to;
  from.resize(image.values());
  to.resize(image.values());
  widen(image.u8(), from.size(), from.data());
  blur(from.data(), to.data(), image, kernel);
  store(to.data(), to.size(), image.u8());
}

void blur_f32(Image& image, std::vector<float>& kernel) {
  float* to = image.scratch_f32(image.height(), image.width(), image.channels());
  blur(image.f32(), to, image, kernel);
  image.swap();
}

}  // namespace

void GaussianBlur::Params::declare(Fields<Params>& f) {
  f("sigma", &Params::sigma, "range of the standard deviation")
      .count(2)
      .above(0)
      .max(100)
      .unit("px");
  f("method", &Params::method,
    "pillow: three box passes, as the public recipes; gaussian: a true one")
      .choices({"pillow", "gaussian"});
  f("p", &Params::p, "probability").range(0, 1);
}

GaussianBlur::GaussianBlur(const Params& params)
    : sigma_(Range::checked("gaussian_blur", "sigma", params.sigma)),
      pillow_(params.method == "pillow"),
      p_(params.p) {}

void GaussianBlur::apply(Image& image, Random& random) const {
  const std::optional<double> sigma = draw(image, random);
  if (!sigma) return;
  if (pillow_) return box_blur(image, static_cast<float>(*sigma));
  thread_local std::vector<float> kernel;
  make_kernel(*sigma, kernel);
  if (image.type() == PixelType::u8) return blur_u8(image, kernel);
  blur_f32(image, kernel);
}

std::string GaussianBlur::describe_draw(const Image& image, Random random) const {
  const std::optional<double> sigma = draw(image, random);
  return sigma ? "sigma " + number(*sigma) : not_applied;
}

std::optional<double> GaussianBlur::draw(const Image& image, Random& random) const {
  if (!random.chance(p_) || image.values() == 0) return std::nullopt;
  return sigma_.draw(random);
}

}  // namespace tandem::image
