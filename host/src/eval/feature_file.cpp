#include "eval/feature_file.hpp"

#include "formats/json_lines.hpp"
#include "formats/safetensors.hpp"
#include "tandem/base/error.hpp"

#include <ATen/Functions.h>

#include <algorithm>
#include <fstream>
#include <memory>

namespace tandem::eval {
namespace {

using formats::SafetensorsFile;
using formats::TensorType;

[[noreturn]] void refuse(const SafetensorsFile& file, const std::string& why) {
  throw Error(ErrorKind::data, file.path().string() + " " + why +
                                   "; tandem embed makes files of features: FILE.safetensors");
}

at::ScalarType scalar_type(const SafetensorsFile& file, TensorType type) {
  if (type == TensorType::f32) return at::kFloat;
  if (type == TensorType::f64) return at::kDouble;
  if (type == TensorType::f16) return at::kHalf;
  if (type == TensorType::i64) return at::kLong;
  if (type == TensorType::i32) return at::kInt;
  refuse(file, "holds features or labels of a type that cannot be used");
}

at::Tensor read(const SafetensorsFile& file, const char* name, std::size_t dimensions) {
  const auto* info = file.find(name);
  if (info == nullptr) refuse(file, std::string("has no tensor '") + name + "'");
  if (info->shape.size() != dimensions) refuse(file, std::string("has a misshapen '") + name + "'");
  const at::Tensor tensor = at::empty(info->shape, scalar_type(file, info->type));
  file.read(*info, tensor.data_ptr());
  return tensor;
}

std::vector<std::string> read_lines(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string text(const formats::Metadata& metadata, const char* key, const char* otherwise) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? otherwise : found->second;
}

/// A list of texts, one for each class at least; empty where the file has none.
std::vector<std::string> class_names(const SafetensorsFile& file,
                                     const std::vector<std::int64_t>& labels) {
  const auto found = file.metadata().find("classes");
  if (found == file.metadata().end()) return {};
  const auto list = formats::Json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) refuse(file, "has metadata 'classes' that is no list of names");
  std::vector<std::string> names;
  for (const auto& name : list) {
    if (!name.is_string()) refuse(file, "names classes by something that is no text");
    names.push_back(name);
  }
  const auto greatest = *std::max_element(labels.begin(), labels.end());
  if (greatest >= static_cast<std::int64_t>(names.size()))
    refuse(file, "has labels of classes that it does not name");
  return names;
}

}  // namespace

FeatureFile read_features(const std::filesystem::path& path) {
  const auto file = SafetensorsFile::open(path);
  FeatureFile read_file;
  Features& features = read_file.features;
  features.values = read(file, "features", 2).to(at::kFloat);
  const at::Tensor labels = read(file, "labels", 1).to(at::kLong);
  if (labels.size(0) != features.values.size(0) || labels.size(0) == 0)
    refuse(file, "does not have one label a row of features");
  const auto* values = labels.const_data_ptr<std::int64_t>();
  features.labels.assign(values, values + labels.size(0));
  features.class_names = class_names(file, features.labels);
  auto names = read_lines(path.string() + ".files.txt");
  if (names.size() == features.labels.size()) {
    features.name = [kept = std::make_shared<std::vector<std::string>>(std::move(names))](
                        std::int64_t i) { return kept->at(static_cast<std::size_t>(i)); };
  }
  read_file.of = text(file.metadata(), "of", "features of an unknown network");
  read_file.epochs = text(file.metadata(), "epochs", "unknown");
  read_file.weights = text(file.metadata(), "weights_sha256", "");
  return read_file;
}

}  // namespace tandem::eval
