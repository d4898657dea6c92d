#include "eval/feature_file.hpp"
#include "catch.hpp"
#include "formats/safetensors.hpp"
#include "tandem/base/error.hpp"
#include "temporary_folder.hpp"

#include <ATen/Functions.h>

#include <array>
#include <string>

using namespace tandem;
using namespace tandem::eval;

namespace {

struct Written {
  std::vector<std::int64_t> feature_shape = {2, 3}, label_shape = {2};
  std::array<std::int64_t, 2> labels = {4, -1};
  std::string features = "features";
  std::string classes = {};
};

void write(const std::filesystem::path& path, const Written& what) {
  const std::array<float, 6> values = {1, 2, 3, 4, 5, 6};
  const std::array tensors = {
      formats::TensorView{what.features, formats::TensorType::f32, what.feature_shape,
                          values.data(), sizeof values},
      formats::TensorView{"labels", formats::TensorType::i64, what.label_shape, what.labels.data(),
                          sizeof what.labels}};
  formats::Metadata metadata = {{"of", "features of a test"}, {"epochs", "7.0"}};
  if (!what.classes.empty()) metadata["classes"] = what.classes;
  formats::write_safetensors(path, tensors, metadata);
}

ErrorKind refusal(const std::filesystem::path& path) {
  try {
    read_features(path);
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find(path.string()) != std::string::npos);
    return error.kind();
  }
  return ErrorKind::internal;
}

}  // namespace

TEST_CASE("a file of features is read with its names", "[feature_file]") {
  const TemporaryFolder folder;
  const auto path = folder / "f.safetensors";
  write(path, {});
  auto read = read_features(path);
  CHECK(at::equal(read.features.values, at::arange(1, 7, at::kFloat).view({2, 3})));
  CHECK(read.features.labels == std::vector<std::int64_t>{4, -1});
  CHECK(!read.features.name);
  CHECK(read.of == "features of a test");
  CHECK(read.epochs == "7.0");
  CHECK(read.weights.empty());
  write_file(folder / "f.safetensors.files.txt", "a/one.jpg\nb/two.jpg\n");
  CHECK(read_features(path).features.name(1) == "b/two.jpg");
  const std::int64_t great = std::int64_t{1} << 40;
  write(path, {.labels = {0, great}});
  CHECK(read_features(path).features.labels[1] == great);
  write(path, {.labels = {1, 0}, .classes = R"(["ant", "bee"])"});
  CHECK(read_features(path).features.class_names == std::vector<std::string>{"ant", "bee"});
}

TEST_CASE("what are no features is refused by name", "[feature_file]") {
  const TemporaryFolder folder;
  const auto path = folder / "f.safetensors";
  write(path, {.features = "weights"});
  CHECK(refusal(path) == ErrorKind::data);
  write(path, {.feature_shape = {6}});
  CHECK(refusal(path) == ErrorKind::data);
  write(path, {.feature_shape = {3, 2}});
  CHECK(refusal(path) == ErrorKind::data);
  for (const char* classes : {"10", "[1, 2, 3, 4, 5]", R"(["ant", "bee"])", "["}) {
    write(path, {.classes = classes});  // one label is 4
    CHECK(refusal(path) == ErrorKind::data);
  }
  write_file(path, "nonsense");
  CHECK(refusal(path) == ErrorKind::checkpoint);
  CHECK(refusal(folder / "none.safetensors") == ErrorKind::checkpoint);
}
