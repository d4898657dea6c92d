#include "run/view_widths.hpp"

#include "roles/state.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace tandem::run {
namespace {

/// Eval mode without a graph for the scope's length.
class DryRun {
 public:
  explicit DryRun(Encoder& encoder) : encoder_(encoder) { encoder_.train(false); }
  ~DryRun() { encoder_.train(true); }
  DryRun(const DryRun&) = delete;
  DryRun& operator=(const DryRun&) = delete;

 private:
  Encoder& encoder_;
  roles::KeepRandomState keep_;
  at::NoGradGuard no_grad_;
};

std::string name_of(std::size_t view, const data::Shape& shape) {
  return Log::join("view ", view, " (", shape.height, " × ", shape.width, ")");
}

std::int64_t width_of(Encoder& encoder, std::size_t view, const data::Shape& shape,
                      at::ScalarType type) {
  try {
    return encoder(at::zeros({2, shape.channels, shape.height, shape.width}, at::dtype(type)))
        .size(1);
  } catch (const Error& error) {
    throw Error(error.kind(), name_of(view, shape) + ": " + error.what());
  }
}

}  // namespace

void check_view_widths(Encoder& encoder, const std::vector<data::Shape>& views, at::ScalarType type,
                       const std::string& pool) {
  const DryRun dry_run(encoder);
  for (std::size_t i = 1; i < views.size(); ++i) {
    if (std::find(views.begin(), views.begin() + static_cast<std::ptrdiff_t>(i), views[i]) !=
        views.begin() + static_cast<std::ptrdiff_t>(i))
      continue;
    const std::int64_t width = width_of(encoder, i, views[i], type);
    if (width == encoder.width()) continue;
    throw Error(ErrorKind::config,
                Log::join("backbone.pool = \"", pool,
                          "\" gives views of different sizes latents of "
                          "different widths: ",
                          name_of(0, views[0]), " ", encoder.width(), ", ", name_of(i, views[i]),
                          " ", width, "; set backbone.pool = \"avg\", or give all views one size"));
  }
}

}  // namespace tandem::run
