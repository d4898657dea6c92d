#include "cli/doctor.hpp"

#include "cli/process.hpp"
#include "cli/setup.hpp"
#include "data/decode.hpp"
#include "formats/disk.hpp"
#include "plugin/stamp.hpp"
#include "tandem/base/log.hpp"

#include <ATen/Context.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include <string>

namespace tandem::cli {
namespace {

/// "Intel(R) MKL-DNN v3.12.2 (Git Hash …)" → "v3.12.2 (Git Hash …)", in one line.
std::string onednn() {
  std::string text = at::get_mkldnn_version();
  text = text.substr(0, text.find('\n'));
  const auto version = text.find(" v");
  return version == std::string::npos ? text : text.substr(version + 1);
}

Finding program() {
  const auto& stamp = plugin::host_stamp();
  const std::string compiler(plugin::text(stamp.compiler));
  const auto abi = Log::join(stamp.major, ".", stamp.minor);
  return {"program",
          Log::join("tandem ", TANDEM_VERSION, ", plugin ABI ", abi, ", ", compiler),
          {{"version", TANDEM_VERSION}, {"abi", abi}, {"compiler", compiler}}};
}

Finding libtorch() {
  return {"libtorch",
          Log::join(TORCH_VERSION, ", ATen for ", at::get_cpu_capability(), ", oneDNN ", onednn()),
          {{"version", TORCH_VERSION},
           {"cpu_capability", at::get_cpu_capability()},
           {"onednn", onednn()},
           {"mkl", at::hasMKL()}}};
}

Finding memory_format() {
  return {"layout",
          "channels-last, of batches and convolution weights (run.layout)",
          {{"channels_last", true}}};
}

Finding cuda() {
  const bool there = at::hasCUDA();
  return {"cuda",
          there ? "in this LibTorch: run.device may be cuda, which no test has run on yet; auto is "
                  "the CPU"
                : "not in this LibTorch: run.device is cpu",
          {{"there", there}}};
}

Finding gloo() {
  return {"ranks", "gloo, on this machine with --ranks or torchrun", {{"gloo", true}}};
}

Finding pictures() {
  return {"pictures", data::decoded_formats(), {{"formats", data::decoded_formats()}}};
}

std::vector<Finding> refused(const plugin::Catalog& catalog) {
  std::vector<Finding> list;
  for (const auto& file : catalog.files()) {
    if (file.problem.empty()) continue;
    list.push_back({"plugin",
                    "refused: " + file.problem,
                    {{"file", file.path.string()}, {"problem", file.problem}},
                    Health::note,
                    "rebuild it for this program, or take it out of the folder"});
  }
  return list;
}

std::vector<Finding> plugins(const Arguments& arguments) {
  try {
    const auto catalog = make_catalog(arguments, null_log());
    const auto count = [&](Role role) { return catalog.ids(role).size(); };
    const std::size_t objectives = count(Role::objective), backbones = count(Role::backbone),
                      operations = count(Role::augmentation);
    Finding all{"plugins",
                Log::join(objectives, " objectives, ", backbones, " backbones, ", operations,
                          " augmentations in ", catalog.files().size(), " files"),
                {{"objectives", objectives},
                 {"backbones", backbones},
                 {"augmentations", operations},
                 {"files", catalog.files().size()}}};
    if (objectives == 0 || backbones == 0 || operations == 0) {
      all.health = Health::problem;
      all.kind = ErrorKind::plugin;
      all.remedy =
          "install the program with its plugins in lib/tandem/plugins, or name their "
          "folder with --plugin-path";
    }
    std::vector<Finding> list = {all};
    for (auto& finding : refused(catalog)) list.push_back(std::move(finding));
    return list;
  } catch (const Error& error) {
    return {{"plugins",
             error.what(),
             {{"problem", error.what()}},
             Health::problem,
             "every command that uses plugins ends with this",
             ErrorKind::plugin}};
  }
}

Finding presets() {
  const auto folder = preset_folder();
  const auto names = preset_names();
  Finding finding{"presets",
                  Log::join(names.size(), " in ", folder.string()),
                  {{"count", names.size()}, {"folder", folder.string()}}};
  if (names.empty()) {
    finding.health = Health::note;
    finding.remedy = "install the program with its share/tandem/presets: no preset can be named";
  }
  return finding;
}

}  // namespace

std::vector<Finding> examine_build() {
  return {program(), libtorch(), memory_format(), cuda(), gloo(), pictures()};
}

std::vector<Finding> examine_files(const Arguments& arguments) {
  auto list = plugins(arguments);
  list.push_back(presets());
  return list;
}

}  // namespace tandem::cli
