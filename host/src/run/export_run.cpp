#include "run/export_run.hpp"

#include "checkpoint/onnx.hpp"
#include "checkpoint/open_backbone.hpp"
#include "formats/json_lines.hpp"
#include "report/run_record.hpp"
#include "run/export_weights.hpp"
#include "run/run_folder.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

namespace tandem::run {
namespace {

constexpr std::array<std::string_view, 4> formats_known = {"safetensors", "torchvision", "timm",
                                                           "onnx"};

[[noreturn]] void misused(const std::string& message) {
  throw Error(ErrorKind::usage, message);
}

void check(const std::filesystem::path& run, const ExportOptions& options) {
  const auto& [format, part, out, overwrite, trust] = options;
  if (std::find(formats_known.begin(), formats_known.end(), format) == formats_known.end())
    misused("--format is safetensors, torchvision, timm or onnx, and not '" + format + "'");
  if (part != "backbone" && part != "encoder+projector")
    misused("--part is backbone or encoder+projector, and not '" + part + "'");
  if (part != "backbone" && format != "safetensors")
    misused("--part " + part + " is for --format safetensors: " + format +
            " knows no heads of an objective");
  if (!std::filesystem::exists(run / files::config)) throw report::not_a_run(run, files::config);
  if (std::filesystem::exists(out) && !overwrite)
    misused(out.string() + " exists; name another file with --out, or replace it with --overwrite");
}

ExportSummary export_onnx(const std::filesystem::path& run, const ExportOptions& options,
                          plugin::Catalog& catalog, Log& log) {
  const auto weights = run / files::backbone;
  const auto opened = checkpoint::open_backbone(weights, catalog, options.trust, log);
  const auto& saved = opened.saved;
  const roles::Pooling pooling(saved.pool);
  const auto width = checkpoint::save_onnx(
      options.out, {saved.id, *opened.backbone, pooling, saved.channels, saved.height, saved.width},
      formats::SafetensorsFile::open(weights).metadata());
  return {0,
          {Log::join("pictures (N, ", saved.channels, ", ", saved.height, ", ", saved.width,
                     "), normalised, in; features (N, ", width, ") out; opset 17, float32")}};
}

}  // namespace

ExportSummary export_run(const std::filesystem::path& run, const ExportOptions& options,
                         plugin::Catalog& catalog, Log& log) {
  check(run, options);
  if (options.format == "onnx") return export_onnx(run, options, catalog, log);
  if (options.format != "safetensors")
    return export_torchvision(run / files::backbone, options.out, options.format);
  if (options.part == "backbone") return export_backbone(run / files::backbone, options.out);
  return export_whole(run / files::backbone, run / files::objective, options.out);
}

}  // namespace tandem::run
