#include "run/export_weights.hpp"

#include "checkpoint/saved_backbone.hpp"
#include "checkpoint/torchvision.hpp"
#include "checkpoint/weights.hpp"
#include "config/document.hpp"
#include "formats/safetensors.hpp"
#include "tandem/base/error.hpp"

#include <cstddef>
#include <deque>

namespace tandem::run {
namespace {

using formats::SafetensorsFile;

/// Tensors on their way to a file.
class Tensors {
 public:
  void add_all(const SafetensorsFile& file, const std::string& prefix) {
    for (const auto& info : file.tensors())
      add(prefix + info.name, info.type, info.shape, file.read(info));
  }
  void add_zeros(const std::string& name, const std::vector<std::int64_t>& shape) {
    std::size_t bytes = formats::type_size(formats::TensorType::f32);
    for (const auto size : shape) bytes *= static_cast<std::size_t>(size);
    add(name, formats::TensorType::f32, shape, std::vector<std::byte>(bytes));
  }
  ExportSummary write(const std::filesystem::path& out, const formats::Metadata& metadata,
                      std::vector<std::string> notes = {}) const {
    formats::write_safetensors(out, views_, metadata);
    return {views_.size(), std::move(notes)};
  }

 private:
  void add(const std::string& name, formats::TensorType type,
           const std::vector<std::int64_t>& shape, std::vector<std::byte> bytes) {
    data_.push_back(std::move(bytes));
    views_.push_back({name, type, shape, data_.back().data(), data_.back().size()});
  }
  std::deque<std::vector<std::byte>> data_;
  std::vector<formats::TensorView> views_;
};

std::string network_of(const SafetensorsFile& file) {
  const auto found = file.metadata().find("backbone");
  return found == file.metadata().end() ? "" : found->second;
}

void require_fit(const SafetensorsFile& file, const checkpoint::TorchvisionFit& fit,
                 const std::string& library) {
  const auto network = network_of(file);
  const std::string remedy = "; --format safetensors writes any network";
  if (checkpoint::torchvision_entries(network).empty())
    throw Error(ErrorKind::checkpoint, library +
                                           " is written for resnet18, resnet34 and resnet50, "
                                           "but the run's backbone is '" +
                                           network + "'" + remedy);
  if (fit.fits()) return;
  std::string message = file.path().string() + " is not " + library + "'s " + network;
  for (const auto& part :
       {checkpoint::listed(fit.missing, "is missing", "are missing"),
        checkpoint::listed(fit.mismatched, "has another shape", "have other shapes"),
        checkpoint::listed(fit.extra, "is unknown there", "are unknown there")})
    if (!part.empty()) message += "; " + part;
  throw Error(ErrorKind::checkpoint, message + remedy);
}

/// The plugin's stem as the lines of Python that make it, by its name and conv1's shape.
std::string stem_note(const SafetensorsFile& file, const std::vector<std::int64_t>& conv1) {
  const auto saved = checkpoint::saved_backbone(file);
  const auto settings = config::parse_text(saved.parameters, file.path().string());
  const auto* node = settings.find("stem");
  const std::string stem = node != nullptr && node->text() != nullptr ? *node->text() : "imagenet";
  const bool imagenet = stem == "imagenet";
  const int stride = imagenet || stem == "small" ? 2 : 1;
  const int padding = imagenet ? 3 : stem == "cifar_pad2" ? 2 : 1;
  return Log::join("conv1.weight is (", conv1[0], ", ", conv1[1], ", ", conv1[2], ", ", conv1[3],
                   ") and not (64, 3, 7, 7): before load_state_dict, net.conv1 = torch.nn.Conv2d(",
                   conv1[1], ", ", conv1[0], ", ", conv1[2], ", ", stride, ", ", padding,
                   ", bias=False)", imagenet ? "" : "; net.maxpool = torch.nn.Identity()");
}

}  // namespace

ExportSummary export_backbone(const std::filesystem::path& backbone,
                              const std::filesystem::path& out) {
  const auto file = SafetensorsFile::open(backbone);
  Tensors tensors;
  tensors.add_all(file, "");
  return tensors.write(out, file.metadata());
}

ExportSummary export_whole(const std::filesystem::path& backbone,
                           const std::filesystem::path& objective,
                           const std::filesystem::path& out) {
  const auto file = SafetensorsFile::open(backbone);
  Tensors tensors;
  tensors.add_all(file, "backbone.");
  tensors.add_all(SafetensorsFile::open(objective), "");
  return tensors.write(out, file.metadata());
}

ExportSummary export_torchvision(const std::filesystem::path& backbone,
                                 const std::filesystem::path& out, const std::string& library) {
  const auto file = SafetensorsFile::open(backbone);
  const auto network = network_of(file);
  const auto fit = checkpoint::compare_with_torchvision(file, network);
  require_fit(file, fit, library);
  auto metadata = file.metadata();
  metadata["format"] = "pt";
  metadata["names"] = library;
  std::vector<std::string> notes;
  Tensors tensors;
  tensors.add_all(file, "");
  if (fit.lacks_classifier) {
    const auto entries = checkpoint::torchvision_entries(network);
    for (const char* name : {"fc.weight", "fc.bias"}) tensors.add_zeros(name, entries.at(name));
    metadata["fc"] = "untrained: zeros";
    notes.emplace_back("fc (1000 classes) is untrained: zeros, so that every key is there");
  }
  if (!fit.other_stem.empty()) {
    notes.push_back(stem_note(file, fit.other_stem));
    metadata["stem"] = notes.back();
  }
  return tensors.write(out, metadata, std::move(notes));
}

}  // namespace tandem::run
