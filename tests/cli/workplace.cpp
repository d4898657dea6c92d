#include "workplace.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <stdexcept>

namespace {

constexpr const char* tiny_toml = R"(
[run]
seed = 0
threads = 1
precision = "float32"
[data]
source = "synthetic"
synthetic_count = 40
synthetic_size = 16
synthetic_classes = 4
[backbone]
use = "resnet10"
width = 8
stages = 1
stem = "cifar"
[objective]
use = "barlow_twins"
projector = [16, 16]
[optimizer]
use = "sgd"
lr = 0.02
lr_per = 0
[schedule]
use = "cosine"
warmup_epochs = 1
[train]
epochs = 2
batch_size = 8
log_every = 1
)";

}  // namespace

Workplace::Workplace() {
  write_file(folder_ / "tiny.toml", tiny_toml);
}

Result Workplace::run(const Words& words,
                      const std::map<std::string, std::string>& environment) const {
  auto called = call(words);
  called.environment = environment;
  return program::run(called);
}

Words Workplace::tiny(const Words& more) const {
  Words words = {"train", "tiny.toml"};
  if (std::find(more.begin(), more.end(), "--out") == more.end())
    words.insert(words.end(), {"--out", "run"});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string small_objective(const std::string& id) {
  const bool predicts = id == "simsiam" || id == "byol";
  const std::string predictor = predicts ? ", predictor_hidden = 8" : "";
  return "objective={use = \"" + id + "\", projector = [16, 16]" + predictor + "}";
}

std::string small_backbone(const std::string& id) {
  return "backbone={use = \"" + id + "\", width = 8, stages = 2, stem = \"cifar\"}";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++found;
  return found;
}

std::vector<Json> metrics(const std::filesystem::path& run) {
  const std::string text = read_file(run / "metrics.jsonl");
  std::vector<Json> lines;
  for (std::size_t from = 0, to = 0; (to = text.find('\n', from)) != std::string::npos;
       from = to + 1) {
    lines.push_back(Json::parse(text.substr(from, to - from)));
  }
  return lines;
}

std::vector<Json> timeless_metrics(const std::filesystem::path& run) {
  auto lines = metrics(run);
  for (auto& line : lines) line.erase("timing");
  return lines;
}

std::vector<Json> events(const std::filesystem::path& run, const std::string& event) {
  std::vector<Json> found;
  for (const auto& line : metrics(run)) {
    if (line.at("event") == event) found.push_back(line);
  }
  return found;
}

std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_directory())
      files[entry.path().lexically_relative(folder).string()] = read_file(entry.path());
  }
  return files;
}

Words names_of(const std::filesystem::path& folder) {
  Words names;
  for (const auto& [name, content] : files_of(folder)) names.push_back(name);
  return names;
}

Json safetensors_header(const std::filesystem::path& file) {
  const std::string bytes = read_file(file);
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes.at(i));
  if (length > bytes.size() - 8) throw std::runtime_error(file.string() + " is cut off");
  const Json header = Json::parse(bytes.substr(8, length));
  std::uint64_t end = 0;
  for (const auto& [name, tensor] : header.items()) {
    if (name != "__metadata__")
      end = std::max(end, tensor.at("data_offsets").at(1).get<std::uint64_t>());
  }
  if (bytes.size() != 8 + length + end) throw std::runtime_error(file.string() + " is cut off");
  return header;
}

std::string sha256sum(const std::filesystem::path& file) {
  std::FILE* pipe = ::popen(("sha256sum '" + file.string() + "'").c_str(), "r");
  std::array<char, 65> line{};
  const bool read = std::fgets(line.data(), line.size(), pipe) != nullptr;
  ::pclose(pipe);
  return read ? line.data() : "";
}
