#include "checkpoint/saved_backbone.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/params.hpp"

#include <charconv>
#include <string_view>

namespace tandem::checkpoint {
namespace {

std::string joined(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : ",") + to_toml(ParamValue(value));
  return text;
}

/// Reads metadata of one file.
class Reader {
 public:
  explicit Reader(const formats::SafetensorsFile& file) : file_(file) {}

  const std::string& text(const char* key) const {
    const auto found = file_.metadata().find(key);
    if (found == file_.metadata().end()) refuse("has no metadata '" + std::string(key) + "'");
    return found->second;
  }

  template <class Number>
  std::vector<Number> numbers(const char* key, char separator) const {
    std::string_view rest = text(key);
    std::vector<Number> values;
    while (!rest.empty()) {
      const auto item = rest.substr(0, rest.find(separator));
      Number value{};
      const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), value);
      if (error != std::errc() || end != item.data() + item.size())
        refuse("has metadata '" + std::string(key) + "' that make no sense: " + text(key));
      values.push_back(value);
      rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    }
    return values;
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::checkpoint,
                file_.path().string() + " " + what +
                    "; the backbone.safetensors of a run says what network it is");
  }

 private:
  const formats::SafetensorsFile& file_;
};

}  // namespace

formats::Metadata to_metadata(const SavedBackbone& saved) {
  return {{"backbone", saved.id},
          {"parameters", saved.parameters},
          {"tap", saved.tap},
          {"pool", saved.pool},
          {"input", std::to_string(saved.channels) + "x" + std::to_string(saved.height) + "x" +
                        std::to_string(saved.width)},
          {"mean", joined(saved.mean)},
          {"std", joined(saved.std)}};
}

SavedBackbone saved_backbone(const formats::SafetensorsFile& file) {
  const Reader read(file);
  SavedBackbone saved;
  saved.id = read.text("backbone");
  saved.parameters = read.text("parameters");
  saved.tap = read.text("tap");
  saved.pool = read.text("pool");
  const auto input = read.numbers<std::int64_t>("input", 'x');
  if (input.size() != 3 || input[0] < 1 || input[1] < 1 || input[2] < 1)
    read.refuse("has an 'input' that is not channels x height x width: " + read.text("input"));
  saved.channels = input[0];
  saved.height = input[1];
  saved.width = input[2];
  saved.mean = read.numbers<double>("mean", ',');
  saved.std = read.numbers<double>("std", ',');
  for (const auto* values : {&saved.mean, &saved.std}) {
    if (values->size() > 1 && values->size() != static_cast<std::size_t>(saved.channels))
      read.refuse("normalises another number of channels than it has");
  }
  return saved;
}

}  // namespace tandem::checkpoint
