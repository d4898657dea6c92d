#pragma once

#include "roles/pooling.hpp"
#include "tandem/base/log.hpp"
#include "tandem/sdk/backbone.hpp"
#include "tandem/sdk/encoder.hpp"

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

namespace tandem::roles {

/// The host's encoder: a backbone, cut at its tap, and pooling.
class HostEncoder final : public Encoder {
 public:
  /// Runs `sample` (N, …), in the backbone's type, once in eval mode to find the width and every
  /// parameter that the output does not depend on: `log` names those, and `visit` passes them as
  /// buffers, since no optimizer is to train them. No parameter, flag or statistic of BatchNorm is
  /// touched, nor random state. Starts in training mode.
  HostEncoder(std::unique_ptr<Backbone> backbone, const Pooling& pooling, const at::Tensor& sample,
              Log& log);

  /// Throws Error(config) for a view whose size gives latents of another width.
  at::Tensor operator()(const at::Tensor& view) override;
  std::int64_t width() const override { return width_; }
  /// Every layer of the backbone that may be tapped, behind its tap too.
  std::vector<std::string> layers() const { return backbone_->layers(); }
  void visit(StateVisitor& visitor) override;
  void train(bool on) override { backbone_->train(on); }
  void to(at::Device device, at::ScalarType type) override { backbone_->to(device, type); }
  /// Hands batches of pictures to the backbone channel by channel in memory, however they come.
  void hand_on_contiguous() { contiguous_ = true; }

 private:
  std::unique_ptr<Backbone> backbone_;
  Pooling pooling_;
  std::vector<std::int64_t> sample_shape_;
  std::int64_t width_ = 0;
  bool contiguous_ = false;
  std::unordered_set<std::string> unreached_;
};

}  // namespace tandem::roles
