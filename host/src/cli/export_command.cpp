#include "cli/commands.hpp"
#include "cli/console_log.hpp"
#include "cli/setup.hpp"
#include "formats/json_lines.hpp"
#include "run/export_run.hpp"
#include "tandem/base/error.hpp"

#include <iostream>

namespace tandem::cli {
namespace {

Arguments export_arguments() {
  Arguments arguments(
      "export RUN --format FORMAT --out FILE [options]",
      "Writes a run's trained weights for other programs.\n"
      "  safetensors   every tensor, with what normalises pictures and which network it is\n"
      "  torchvision   the same with just the entries that a strict load_state_dict wants\n"
      "  timm          likewise, for timm.create_model\n"
      "  onnx          the network itself: pictures in, features out, for onnxruntime and others");
  arguments.positional("run", 1);
  arguments.add_text("format", "FORMAT", "safetensors, torchvision, timm or onnx")
      .add_text("out", "FILE", "the file to write")
      .add_text("part", "PART",
                "backbone, or, of safetensors, encoder+projector: with the objective's heads")
      .add_flag("trust", trust_help)
      .add_flag("overwrite", "replace the file that --out names");
  return arguments;
}

void require(const Arguments& arguments) {
  if (!arguments.has("run")) throw Error(ErrorKind::usage, "tandem export needs a run folder");
  for (const char* option : {"format", "out"}) {
    if (!arguments.has(option))
      throw Error(ErrorKind::usage, std::string("tandem export needs --") + option);
  }
}

void print_json(const run::ExportOptions& options, const run::ExportSummary& summary) {
  formats::Json result = {{"file", options.out.string()},
                          {"format", options.format},
                          {"part", options.part},
                          {"bytes", std::filesystem::file_size(options.out)},
                          {"sha256", plugin::sha256(options.out)},
                          {"notes", summary.notes}};
  if (summary.tensors > 0) result["tensors"] = summary.tensors;
  std::cout << formats::json_text(result);
}

void print_text(const run::ExportOptions& options, const run::ExportSummary& summary) {
  std::cout << options.out.string() << ": " << options.format;
  if (summary.tensors > 0) std::cout << ", " << summary.tensors << " tensors";
  std::cout << ", " << std::filesystem::file_size(options.out) << " bytes\n";
  for (const auto& note : summary.notes) std::cout << "  " << note << '\n';
}

}  // namespace

int export_command(const Strings& words) {
  auto arguments = export_arguments();
  if (!arguments.parse(words)) return 0;
  require(arguments);
  ConsoleLog log(arguments.verbose(), arguments.quiet());
  auto catalog = make_catalog(arguments, log);
  run::ExportOptions options;
  options.format = arguments.text("format");
  options.out = arguments.text("out");
  options.trust = arguments.flag("trust");
  options.overwrite = arguments.flag("overwrite");
  if (arguments.has("part")) options.part = arguments.text("part");
  const auto summary = run::export_run(arguments.text("run"), options, catalog, log);
  if (arguments.json())
    print_json(options, summary);
  else
    print_text(options, summary);
  return 0;
}

}  // namespace tandem::cli
