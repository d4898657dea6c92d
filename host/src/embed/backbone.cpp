#include "tandem/host/backbone.hpp"

#include "checkpoint/open_backbone.hpp"
#include "embed/plugins.hpp"
#include "roles/encoder.hpp"
#include "tandem/base/error.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

namespace tandem::host {
namespace {

/// One value a channel, or one for all, to be laid over (N, C, H, W).
at::Tensor over_channels(const std::vector<double>& values, const at::Tensor& pictures) {
  const auto count = static_cast<std::int64_t>(values.size());
  return torch::tensor(values, at::kDouble).to(pictures.options()).view({count, 1, 1});
}

}  // namespace

at::Tensor TrainedBackbone::features(const at::Tensor& pictures) const {
  if (pictures.dim() != 4 || pictures.size(1) != channels) {
    throw Error(ErrorKind::usage, Log::join("pictures of shape (N, ", channels,
                                            ", H, W) are expected, not ", pictures.sizes()));
  }
  const at::NoGradGuard no_grad;
  if (mean.empty()) return (*encoder)(pictures);
  return (*encoder)((pictures - over_channels(mean, pictures)) / over_channels(std, pictures));
}

TrainedBackbone load_backbone(const std::filesystem::path& run, const BackboneOptions& options) {
  Log& log = options.log != nullptr ? *options.log : null_log();
  const auto lock = lock_plugins();
  auto catalog = search_plugins(options.plugins, log);
  const auto weights = std::filesystem::is_directory(run) ? run / "backbone.safetensors" : run;
  auto [saved, backbone, contiguous] =
      checkpoint::open_backbone(weights, catalog, options.trust, log);
  const auto sample = at::zeros({2, saved.channels, saved.height, saved.width});
  TrainedBackbone trained{saved.id,   saved.channels, saved.height, saved.width,
                          saved.mean, saved.std,      nullptr};
  auto encoder = std::make_shared<roles::HostEncoder>(std::move(backbone),
                                                      roles::Pooling(saved.pool), sample, log);
  if (contiguous) encoder->hand_on_contiguous();
  trained.encoder = std::move(encoder);
  trained.encoder->train(false);
  return trained;
}

}  // namespace tandem::host
