#include "catch.hpp"
#include "formats/safetensors.hpp"
#include "scratch.hpp"
#include "tandem/base/error.hpp"

using namespace tandem::formats;
using scratch::raw;

namespace {

TensorView view(const std::string& name, TensorType type, std::vector<std::int64_t> shape,
                const std::string& data) {
  return {name, type, std::move(shape), data.data(), data.size()};
}

}  // namespace

TEST_CASE("a file is written byte for byte as the format says") {
  const scratch::Folder folder;
  const std::string small = raw(1.5f) + raw(-2.0f), large = raw(std::int64_t{5}), flag("\x01", 1);
  const std::vector<TensorView> tensors = {view("flag", TensorType::boolean, {1}, flag),
                                           view("b", TensorType::f32, {2, 1}, small),
                                           view("a\"", TensorType::i64, {}, large)};
  write_safetensors(folder / "w", tensors, {{"z", "1"}, {"y", "\n"}});

  // The CRC-32C of the 17 bytes is from Python, bit by bit.
  std::string json = R"({"__metadata__":{"data_crc32c":"25a70c4a","y":"\n","z":"1"},)"
                     R"("a\"":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
                     R"("b":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},)"
                     R"("flag":{"dtype":"BOOL","shape":[1],"data_offsets":[16,17]}})";
  while (json.size() % 8 != 0) json += ' ';
  CHECK(scratch::get(folder / "w") == scratch::assemble(json, large + small + flag));
  CHECK(folder.entries() == 1);
}

TEST_CASE("what was written is read back") {
  const scratch::Folder folder;
  std::vector<std::string> data;
  std::vector<TensorView> tensors;
  for (int i = 0; i < 200; ++i)
    data.push_back(std::string(static_cast<std::size_t>(8 * i), static_cast<char>(i)));
  for (int i = 0; i < 200; ++i)
    tensors.push_back(view("layer" + std::to_string(i), i % 2 ? TensorType::f64 : TensorType::u8,
                           {i, i % 2 ? 1 : 8}, data[static_cast<std::size_t>(i)]));
  write_safetensors(folder / "w", tensors, {{"k", "v"}});

  const SafetensorsFile file = SafetensorsFile::open(folder / "w");
  CHECK(file.metadata() == Metadata{{"k", "v"}});
  REQUIRE(file.tensors().size() == 200);
  for (const TensorView& tensor : tensors) {
    const TensorInfo* info = file.find(tensor.name);
    REQUIRE(info);
    CHECK(info->shape == tensor.shape);
    const auto bytes = file.read(*info);
    CHECK(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) ==
          std::string(static_cast<const char*>(tensor.data), tensor.bytes));
  }
}

TEST_CASE("tensors that make no file are refused, and nothing is written") {
  const scratch::Folder folder;
  const std::string four(4, 'x');
  const auto refuse = [&](std::vector<TensorView> tensors) {
    CHECK_THROWS_AS(write_safetensors(folder / "w", tensors), tandem::Error);
  };
  refuse({view("a", TensorType::f32, {1}, four), view("a", TensorType::f32, {1}, four)});
  refuse({view("a", TensorType::f32, {2}, four)});
  refuse({view("", TensorType::f32, {1}, four)});
  refuse({view("__metadata__", TensorType::f32, {1}, four)});
  refuse({view("a\xff", TensorType::f32, {1}, four)});
  CHECK(folder.entries() == 0);
}

TEST_CASE("a full disk leaves the old weights and no scraps") {
  const scratch::Folder folder;
  scratch::put(folder / "w", "the old weights");
  const std::string data(100'000, 'x');
  const int result = scratch::with_file_limit(50'000, [&] {
    try {
      write_safetensors(folder / "w", std::vector{view("t", TensorType::u8, {100'000}, data)});
    } catch (const tandem::Error& error) {
      // 8 + 112 + 100000: size, header, data.
      const bool told = std::string(error.what()).find("100120 bytes") != std::string::npos;
      return error.kind() == tandem::ErrorKind::resource && told ? 8 : 2;
    }
    return 1;
  });
  CHECK(result == 8);
  CHECK(scratch::get(folder / "w") == "the old weights");
  CHECK(folder.entries() == 1);
}
