#include "checkpoint/torchvision.hpp"

#include <array>

namespace tandem::checkpoint {
namespace {

using Shape = std::vector<std::int64_t>;

/// Collects the entries of one network.
class Entries {
 public:
  std::map<std::string, Shape> shapes;

  void conv(const std::string& name, std::int64_t input, std::int64_t output, std::int64_t kernel) {
    shapes[name + ".weight"] = {output, input, kernel, kernel};
  }
  void norm(const std::string& name, std::int64_t channels) {
    for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
      shapes[name + part] = {channels};
    shapes[name + ".num_batches_tracked"] = {};
  }
  void stem() {
    conv("conv1", 3, 64, 7);
    norm("bn1", 64);
  }
  /// A block of one of the two kinds; returns its number of outputs.
  std::int64_t block(const std::string& name, std::int64_t input, std::int64_t planes,
                     bool bottleneck, bool first) {
    const std::int64_t output = bottleneck ? 4 * planes : planes;
    const std::int64_t outer = bottleneck ? 1 : 3;
    conv(name + ".conv1", input, planes, outer);
    norm(name + ".bn1", planes);
    conv(name + ".conv2", planes, planes, 3);
    norm(name + ".bn2", planes);
    if (bottleneck) {
      conv(name + ".conv3", planes, output, 1);
      norm(name + ".bn3", output);
    }
    if (first && input != output) {
      conv(name + ".downsample.0", input, output, 1);
      norm(name + ".downsample.1", output);
    }
    return output;
  }
};

bool is_classifier(const std::string& name) {
  return name == "fc.weight" || name == "fc.bias";
}

/// Of the same width, but another kernel or other channels.
bool is_other_stem(const Shape& here, const Shape& theirs) {
  return here != theirs && here.size() == theirs.size() && here[0] == theirs[0];
}

}  // namespace

std::map<std::string, Shape> torchvision_entries(const std::string& network) {
  const bool bottleneck = network == "resnet50";
  std::array<int, 4> blocks = {3, 4, 6, 3};
  if (network == "resnet18") blocks = {2, 2, 2, 2};
  if (network != "resnet18" && network != "resnet34" && !bottleneck) return {};
  Entries entries;
  entries.stem();
  std::int64_t channels = 64;
  for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
    for (int b = 0; b < blocks[stage]; ++b) {
      const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(b);
      channels = entries.block(name, channels, std::int64_t{64} << stage, bottleneck, b == 0);
    }
  }
  entries.shapes["fc.weight"] = {1000, channels};
  entries.shapes["fc.bias"] = {1000};
  return entries.shapes;
}

TorchvisionFit compare_with_torchvision(const formats::SafetensorsFile& file,
                                        const std::string& network) {
  TorchvisionFit fit;
  const auto entries = torchvision_entries(network);
  for (const auto& [name, shape] : entries) {
    const auto* found = file.find(name);
    if (found == nullptr && is_classifier(name))
      fit.lacks_classifier = true;
    else if (found == nullptr)
      fit.missing.push_back(name);
    else if (name == "conv1.weight" && is_other_stem(found->shape, shape))
      fit.other_stem = found->shape;
    else if (found->shape != shape)
      fit.mismatched.push_back(name);
  }
  for (const auto& tensor : file.tensors())
    if (!entries.contains(tensor.name)) fit.extra.push_back(tensor.name);
  return fit;
}

}  // namespace tandem::checkpoint
