#include "cli/plugins.hpp"
#include "cli/setup.hpp"
#include "formats/json_lines.hpp"
#include "report/text_table.hpp"
#include "run/configuration.hpp"
#include "run/tap_shapes.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <sstream>

namespace tandem::cli {
namespace {

/// "3x32x32": channels, height, width.
data::Shape read_shape(const std::string& text) {
  std::istringstream parts(text);
  std::vector<int> numbers;
  for (std::string part; std::getline(parts, part, 'x');) {
    const char* const end = part.data() + part.size();
    int number = 0;
    const auto [stop, error] = std::from_chars(part.data(), end, number);
    if (error != std::errc() || stop != end || number < 1 || number > 65536) numbers.clear();
    numbers.push_back(number);
  }
  if (numbers.size() != 3 || text.ends_with('x'))
    throw Error(ErrorKind::usage,
                "--input is channels, height and width, e.g. 3x32x32, but is '" + text + "'");
  return {numbers[1], numbers[2], numbers[0]};
}

bool is_id(const std::string& word) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return std::all_of(word.begin(), word.end(), fits);
}

/// A file is a TorchScript model, whose code runs.
std::vector<run::Assignment> chosen(const std::string& word, bool trust) {
  if (is_id(word)) return {{assignment("backbone.use", word), "plugins layers"}};
  if (!trust)
    throw Error(
        ErrorKind::config,
        "'" + word +
            "' is taken for a TorchScript model, and listing its layers runs the code in it; "
            "add --trust if you trust whoever made it");
  return {{assignment("backbone.use", "torchscript"), "plugins layers"},
          {assignment("backbone.file", word), "plugins layers"}};
}

run::Layers layers_of(const std::string& word, const Arguments& arguments) {
  run::Layers layers{{}, chosen(word, arguments.flag("trust"))};
  if (arguments.flag("trust")) layers.assignments.push_back({"backbone.trust=true", "--trust"});
  if (arguments.has("pool"))
    layers.assignments.push_back({assignment("backbone.pool", arguments.text("pool")), "--pool"});
  for (auto& item : set_assignments(arguments)) layers.assignments.push_back(std::move(item));
  return layers;
}

std::string times(const std::vector<std::int64_t>& sizes) {
  std::string text;
  for (const auto size : sizes) text += (text.empty() ? "" : " × ") + std::to_string(size);
  return text;
}

void print_text(const std::vector<run::TapShape>& taps) {
  report::TextTable table({"layer", "output", "width"});
  for (const auto& tap : taps)
    table.add(
        {tap.layer, times(tap.output), tap.problem.empty() ? std::to_string(tap.width) : "-"});
  std::cout << table.text();
  for (const auto& tap : taps)
    if (!tap.problem.empty()) std::cout << tap.layer << ": " << tap.problem << '\n';
}

void print_json(const config::Config& config, const data::Shape& input,
                const std::vector<run::TapShape>& taps) {
  auto list = formats::Json::array();
  for (const auto& tap : taps) {
    formats::Json item = {{"layer", tap.layer}, {"output", tap.output}};
    if (tap.problem.empty())
      item["width"] = tap.width;
    else
      item["problem"] = tap.problem;
    list.push_back(item);
  }
  const formats::Json result = {{"backbone", config.backbone.id},
                                {"input", {input.channels, input.height, input.width}},
                                {"pool", config.backbone_host.pool},
                                {"layers", list}};
  std::cout << formats::json_text(result);
}

}  // namespace

void list_layers(plugin::Catalog& catalog, const std::string& word, const Arguments& arguments) {
  const auto input = read_shape(arguments.has("input") ? arguments.text("input") : "3x32x32");
  const auto config = run::prepare_for(layers_of(word, arguments), catalog, input);
  const auto taps = run::tap_shapes(config, catalog, input);
  if (arguments.json())
    print_json(config, input, taps);
  else
    print_text(taps);
}

void add_layers_options(Arguments& arguments) {
  arguments.add_text("input", "CxHxW",
                     "layers: the picture's channels, height and width (3x32x32)");
  arguments.add_text(
      "pool", "WORD",
      "layers: auto, avg, grid:K, flatten, cls, mean_tokens or mean_length (backbone.pool)");
  arguments.add_list("set", "KEY=VALUE",
                     "layers: e.g. --set backbone.width=32; check: for each id that has the key, "
                     "e.g. --set width=32; may be repeated");
  arguments.add_flag("trust", "layers, check: run the code of a TorchScript file (backbone.trust)");
}

}  // namespace tandem::cli
