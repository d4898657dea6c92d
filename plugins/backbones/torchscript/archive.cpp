#include "archive.hpp"

#include "tandem/base/error.hpp"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/import.h>

#include <filesystem>

namespace torchscript {
namespace {

using tandem::Error;
using tandem::ErrorKind;

[[noreturn]] void refuse(const std::string& file, const std::string& reason) {
  throw Error(ErrorKind::config, "backbone.file: '" + file + "' " + reason);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

constexpr const char* save_it = "torch.jit.script(model).save(\"model.pt\") in Python writes one";

/// TorchScript keeps its code's constants beside its data; what torch.save writes has data alone.
void check_kind(const std::string& file) {
  std::error_code ignored;
  if (file.empty())
    throw Error(ErrorKind::config, std::string("backbone 'torchscript' needs a 'file', a model as "
                                               "TorchScript saves it; ") +
                                       save_it);
  if (!std::filesystem::exists(file, ignored)) refuse(file, "does not exist");
  if (!std::filesystem::is_regular_file(file, ignored)) refuse(file, "is not a file");
  bool has_code = false;
  try {
    has_code = caffe2::serialize::PyTorchStreamReader(file).hasRecord("constants.pkl");
  } catch (const std::exception&) {
    refuse(file, std::string("is not a TorchScript file, or is cut off; ") + save_it);
  }
  if (!has_code)
    refuse(file, std::string("holds weights or a pickled model (torch.save), not a TorchScript "
                             "model; load it in Python, then ") +
                     save_it);
}

torch::jit::Module load(const std::string& file) {
  try {
    return torch::jit::load(file, c10::Device(c10::kCPU));
  } catch (const std::exception& error) {
    refuse(file, "cannot be loaded as TorchScript: " + first_line(error.what()));
  }
}

/// torch.jit.freeze takes the modes away and makes constants of the weights.
void refuse_frozen(const torch::jit::Module& module, const std::string& file) {
  bool frozen = false;
  for (const auto& part : module.modules()) frozen = frozen || !part.hasattr("training");
  if (frozen)
    refuse(
        file,
        "was frozen (torch.jit.freeze or optimize_for_inference): its weights are constants that "
        "nothing can train; save the model as torch.jit.script returns it");
}

}  // namespace

torch::jit::Module open_archive(const std::string& file) {
  check_kind(file);
  auto module = load(file);
  refuse_frozen(module, file);
  return module;
}

}  // namespace torchscript
