#include "run/feature_output.hpp"

#include "formats/atomic_file.hpp"
#include "formats/npy.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace tandem::run {
namespace {

/// Writes text in large pieces.
class TextFile {
 public:
  explicit TextFile(const std::filesystem::path& path) : file_(path) {}
  void write(std::string_view text) {
    pending_ += text;
    if (pending_.size() >= (std::size_t{1} << 20)) flush();
  }
  void commit() {
    flush();
    file_.commit();
  }

 private:
  void flush() {
    file_.write(pending_);
    pending_.clear();
  }
  formats::AtomicFile file_;
  std::string pending_;
};

std::string one_line(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return name;
}

/// As RFC 4180 quotes it, where it must be.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

/// The shortest text that reads back as the same float.
std::string_view shortest(float value, std::array<char, 32>& space) {
  const auto end = std::to_chars(space.data(), space.data() + space.size(), value).ptr;
  return {space.data(), static_cast<std::size_t>(end - space.data())};
}

void write_csv(const std::filesystem::path& path, const FeatureTable& table) {
  TextFile file(path);
  file.write("name,label");
  for (std::int64_t i = 0; i < table.width; ++i) file.write(",f" + std::to_string(i));
  std::array<char, 32> space{};
  const float* value = table.values.data();
  for (std::size_t row = 0; row < table.labels.size(); ++row) {
    file.write("\n" + csv_field(one_line(table.name(static_cast<std::int64_t>(row)))) + ",");
    file.write(std::to_string(table.labels[row]));
    for (std::int64_t i = 0; i < table.width; ++i, ++value) {
      file.write(",");
      file.write(shortest(*value, space));
    }
  }
  file.write("\n");
  file.commit();
}

void write_names(const std::filesystem::path& path, const FeatureTable& table) {
  TextFile file(path);
  for (std::size_t row = 0; row < table.labels.size(); ++row)
    file.write(one_line(table.name(static_cast<std::int64_t>(row))) + "\n");
  file.commit();
}

void write_npy(const std::filesystem::path& path, const FeatureTable& table) {
  const std::array shape = {static_cast<std::int64_t>(table.labels.size()), table.width};
  const std::string header = formats::npy_header("<f4", shape);
  formats::AtomicFile file(path, header.size() + table.values.size_bytes());
  file.write(header);
  file.write(table.values.data(), table.values.size_bytes());
  file.commit();
}

void write_tensors(const std::filesystem::path& path, const FeatureTable& table,
                   const formats::Metadata& metadata) {
  const auto rows = static_cast<std::int64_t>(table.labels.size());
  const std::array tensors = {
      formats::TensorView{"features",
                          formats::TensorType::f32,
                          {rows, table.width},
                          table.values.data(),
                          table.values.size_bytes()},
      formats::TensorView{"labels",
                          formats::TensorType::i64,
                          {rows},
                          table.labels.data(),
                          table.labels.size() * sizeof(std::int64_t)},
  };
  formats::write_safetensors(path, tensors, metadata);
}

}  // namespace

void require_feature_format(const std::filesystem::path& path) {
  const std::string end = path.extension();
  if (end == ".safetensors" || end == ".npy" || end == ".csv") return;
  throw Error(ErrorKind::usage,
              "features are written to FILE.safetensors, FILE.npy or FILE.csv, "
              "not to '" +
                  path.string() + "'");
}

void write_features(const std::filesystem::path& path, const FeatureTable& table,
                    const formats::Metadata& metadata) {
  if (path.extension() == ".csv") return write_csv(path, table);
  write_names(path.string() + ".files.txt", table);
  if (path.extension() == ".npy") return write_npy(path, table);
  write_tensors(path, table, metadata);
}

}  // namespace tandem::run
