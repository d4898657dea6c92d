#pragma once

#include "tandem/base/log.hpp"
#include "tandem/sdk/encoder.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tandem::host {

/// How a trained backbone is opened. Pointers must outlive the backbone.
struct BackboneOptions {
  /// Plugins, or folders of them, that come before those of TANDEM_PLUGIN_PATH (folders, with ':'
  /// between them) and of tandem/plugins beside this library.
  std::vector<std::filesystem::path> plugins = {};
  bool trust = false;  ///< code that comes from its files (a TorchScript archive) may run
  Log* log = nullptr;  ///< null: silence
};

/// A network that a run has trained, and what it wants to see. Copies share the network.
struct TANDEM_API TrainedBackbone {
  std::string id;                                    ///< "resnet18"
  std::int64_t channels = 3, height = 0, width = 0;  ///< of the views that it was trained on
  /// Of values in 0 … 1: one a channel, one for all, or none; a network sees (value - mean) / std.
  std::vector<double> mean, std;
  /// The network up to its tap, with pooling: normalised (N, channels, H, W) → (N, F), float32, on
  /// the CPU, in eval mode. Visit, train and move it as you like.
  std::shared_ptr<Encoder> encoder;

  /// Pictures (N, channels, H, W), of values in 0 … 1, as features (N, F), without a graph:
  /// normalised here, on the pictures' device and in their type, which are to be the network's.
  /// Pictures of about `height` × `width` are what it knows. Throws Error(usage) for another number
  /// of channels.
  at::Tensor features(const at::Tensor& pictures) const;
};

/// Opens what a run has trained: `run` is its folder, or a backbone.safetensors from it, wherever
/// that is now; `tandem export --format safetensors` writes one. It needs the plugin of the
/// backbone and nothing else of the run, and touches nothing that belongs to the process. Throws
/// Error (checkpoint) for a file that cannot be used, Error(plugin) where no plugin provides the
/// backbone. [one thread at a time, as for a Learner]
TANDEM_API TrainedBackbone load_backbone(const std::filesystem::path& run,
                                         const BackboneOptions& options = {});

}  // namespace tandem::host
