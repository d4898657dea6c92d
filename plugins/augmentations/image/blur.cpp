#include "blur.hpp"

#include "box_blur.hpp"
#include "draw_text.hpp"
#include "kernel_blur.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::image {

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
  thread_local BlurKernel kernel;
  kernel.mirrored = method_ == Method::gaussian;
  kernel.fill(*sigma, kernel.mirrored ? std::max(1, static_cast<int>(std::ceil(4 * *sigma)))
                                      : image.height() / 20);
  kernel_blur(image, kernel);
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
