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

/// A sampled Gaussian whose sum is 1, and what OpenCV calls the pixels around a picture.
struct Kernel {
  std::vector<float> weights;
  int border = cv::BORDER_REFLECT_101;

  void fill(double sigma, int radius);
};

void Kernel::fill(double sigma, int radius) {
  weights.resize(2 * static_cast<std::size_t>(radius) + 1);
  double sum = 0;
  for (int x = -radius; x <= radius; ++x) sum += std::exp(-0.5 * x * x / (sigma * sigma));
  for (int x = -radius; x <= radius; ++x) {
    weights[static_cast<std::size_t>(x + radius)] =
        static_cast<float>(std::exp(-0.5 * x * x / (sigma * sigma)) / sum);
  }
}

/// On floats, since OpenCV's 8-bit filter takes twice as long.
void blur(float* from, float* to, const Image& shape, Kernel& kernel) {
  const int type = CV_32FC(shape.channels());
  const cv::Mat in(shape.height(), shape.width(), type, from);
  cv::Mat out(shape.height(), shape.width(), type, to);
  const cv::Mat weights(1, static_cast<int>(kernel.weights.size()), CV_32FC1,
                        kernel.weights.data());
  cv::sepFilter2D(in, out, CV_32F, weights, weights, cv::Point(-1, -1), 0, kernel.border);
}

void blur_u8(Image& image, Kernel& kernel) {
  thread_local std::vector<float> from, to;
  from.resize(image.values());
  to.resize(image.values());
  widen(image.u8(), from.size(), from.data());
  blur(from.data(), to.data(), image, kernel);
  store(to.data(), to.size(), image.u8());
}

void blur_f32(Image& image, Kernel& kernel) {
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
    "pillow: three box passes, as most public recipes; gaussian: a true one; deepmind: as BYOL's "
    "code")
      .choices({"pillow", "gaussian", "deepmind"});
  f("p", &Params::p, "probability").range(0, 1);
}

GaussianBlur::GaussianBlur(const Params& params)
    : sigma_(Range::checked("gaussian_blur", "sigma", params.sigma)),
      method_(params.method == "pillow"     ? Method::pillow
              : params.method == "gaussian" ? Method::gaussian
                                            : Method::deepmind),
      p_(params.p) {}

void GaussianBlur::apply(Image& image, Random& random) const {
  const std::optional<double> sigma = draw(image, random);
  if (!sigma) return;
  if (method_ == Method::pillow) return box_blur(image, static_cast<float>(*sigma));
  thread_local Kernel kernel;
  const bool cut_off = method_ == Method::deepmind;
  kernel.border = cut_off ? cv::BORDER_CONSTANT : cv::BORDER_REFLECT_101;
  kernel.fill(*sigma,
              cut_off ? image.height() / 20 : std::max(1, static_cast<int>(std::ceil(4 * *sigma))));
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
