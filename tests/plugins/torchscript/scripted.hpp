#pragma once

#include "formats/safetensors.hpp"
#include "plugin/catalog.hpp"
#include "roles/backbone.hpp"
#include "tandem/base/error.hpp"
#include "temporary_folder.hpp"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace scripted {

/// Where models.py has written all models, in this process.
inline const std::filesystem::path& models() {
  static const TemporaryFolder folder;
  static const bool written = [] {
    const std::string command = TANDEM_PYTHON " '" TANDEM_TEST_DIR
                                              "/plugins/torchscript/models.py' '" +
                                folder.path().string() + "' > /dev/null";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
    at::set_num_threads(1);  // networks this small only wait for one another's threads
    return true;
  }();
  static_cast<void>(written);
  return folder.path();
}

class KeepLog final : public tandem::Log {
 public:
  void write(tandem::LogLevel, std::string_view message) override {
    text += std::string(message) + "\n";
  }
  std::string text;
};

/// A backbone out of the very library that users load.
inline std::unique_ptr<tandem::Backbone> make(const std::string& file, const std::string& tap = "",
                                              bool trust = true,
                                              tandem::Log& log = tandem::null_log()) {
  static tandem::plugin::Catalog catalog = [] {
    tandem::plugin::Catalog made(tandem::null_log());
    made.add_file(TANDEM_PLUGIN_DIR "/torchscript.so");
    return made;
  }();
  const auto found =
      catalog.find_as<tandem::BackboneFactory>(tandem::Role::backbone, "torchscript");
  const std::string path = file.empty() ? "" : (models() / file).string();
  return tandem::roles::make_backbone(found, {path}, {tap, 3, trust, &log});
}

using Tensors = std::map<std::string, at::Tensor>;

/// What Python saw of a model.
inline const Tensors& seen(const std::string& name) {
  static std::map<std::string, Tensors> all;
  Tensors& tensors = all[name];
  if (!tensors.empty()) return tensors;
  const auto file = tandem::formats::SafetensorsFile::open(models() / (name + ".safetensors"));
  for (const auto& info : file.tensors()) {
    at::Tensor tensor = torch::empty(info.shape, torch::kFloat64);
    file.read(info, tensor.data_ptr());
    tensors[info.name] = tensor;
  }
  return tensors;
}

/// The part below a prefix, without it.
inline Tensors below(const Tensors& tensors, const std::string& prefix) {
  Tensors part;
  for (const auto& [name, tensor] : tensors)
    if (name.rfind(prefix, 0) == 0) part[name.substr(prefix.size())] = tensor;
  return part;
}

inline Tensors named(const std::vector<tandem::NamedTensor>& items) {
  Tensors tensors;
  for (const auto& item : items) tensors[item.name] = item.tensor;
  return tensors;
}

}  // namespace scripted
