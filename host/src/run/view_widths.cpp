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

void look_at(Encoder& encoder, std::size_t view, const data::Shape& shape, at::ScalarType type) {
  try {
    encoder(at::zeros({2, shape.channels, shape.height, shape.width}, at::dtype(type)));
  } catch (const Error& error) {
    throw Error(error.kind(), Log::join("view ", view, " (", shape.height, " × ", shape.width,
                                        "): ", error.what()));
  }
}

}  // namespace

void check_view_widths(Encoder& encoder, const std::vector<data::Shape>& views,
                       at::ScalarType type) {
  const DryRun dry_run(encoder);
  for (std::size_t i = 1; i < views.size(); ++i) {
    const auto end = views.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(views.begin(), end, views[i]) == end) look_at(encoder, i, views[i], type);
  }
}

}  // namespace tandem::run
