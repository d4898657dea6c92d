#pragma once

#include "run/export_run.hpp"

#include <filesystem>
#include <string>

namespace tandem::run {

/// A run's backbone.safetensors as it is.
ExportSummary export_backbone(const std::filesystem::path& backbone,
                              const std::filesystem::path& out);

/// Backbone and objective as one: "backbone.conv1.weight", …, and the objective's own names
/// ("projector.0.weight", …; of BYOL its target network's too).
ExportSummary export_whole(const std::filesystem::path& backbone,
                           const std::filesystem::path& objective,
                           const std::filesystem::path& out);

/// Just the entries that a strict load_state_dict of torchvision's or timm's (`library`) network
/// wants. The classifier, which pre-training has not, is zeros. A stem that is not theirs stays as
/// it is, and the notes say how to make it there. Throws Error(checkpoint) for a network that they
/// do not have.
ExportSummary export_torchvision(const std::filesystem::path& backbone,
                                 const std::filesystem::path& out, const std::string& library);

}  // namespace tandem::run
