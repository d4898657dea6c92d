// The checksum that a safetensors file holds of its data.
#include "catch.hpp"
#include "formats/safetensors.hpp"
#include "python.hpp"
#include "scratch.hpp"
#include "tandem/base/error.hpp"

#include <utility>

using namespace tandem::formats;

namespace {

const std::string digits = "123456789";  // CRC-32C 0xe3069283, as published

/// A file with these bytes as its one tensor, and such metadata.
std::string file_of(const std::string& metadata, const std::string& data = digits) {
  return scratch::assemble(
      "{" + metadata + R"("t":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}})", data);
}

std::string with_sum(const std::string& sum, const std::string& data = digits) {
  return file_of(R"("__metadata__":{"data_crc32c":")" + sum + R"(","k":"v"},)", data);
}

/// The tensor, or why it is not given out. The header is read either way.
std::string tensor(const std::string& bytes) {
  const scratch::Folder folder;
  scratch::put(folder / "w", bytes);
  SafetensorsFile opened = SafetensorsFile::open(folder / "w");
  const SafetensorsFile file = std::move(opened);
  CHECK_FALSE(file.metadata().contains(checksum_key));
  try {
    const auto read = file.read(*file.find("t"));
    return {reinterpret_cast<const char*>(read.data()), read.size()};
  } catch (const tandem::Error& error) {
    CHECK(error.kind() == tandem::ErrorKind::checkpoint);
    CHECK(std::string(error.what()).starts_with((folder / "w").string() + ": its data is damaged"));
    return "damaged";
  }
}

TensorView view(const std::string& name, TensorType type, std::vector<std::int64_t> shape,
                const std::string& data) {
  return {name, type, std::move(shape), data.data(), data.size()};
}

/// What safetensors_checksum.py finds in a file.
std::string sum_in_python(const std::filesystem::path& file) {
  const Said said =
      python(TANDEM_TEST_DIR "/host/formats/safetensors_checksum.py '" + file.string() + "'");
  INFO(said.text);
  REQUIRE(said.code == 0);
  return said.text;
}

}  // namespace

TEST_CASE("tensors are given out only where the data has the checksum, if there is one") {
  CHECK(tensor(with_sum("e3069283")) == digits);
  CHECK(tensor(with_sum("e3069283", "123456780")) == "damaged");
  CHECK(tensor(with_sum("e3069284")) == "damaged");
  for (const char* none : {"", R"("__metadata__":null,)", R"("__metadata__":{},)",
                           R"("__metadata__":{"crc32c":"e3069284"},)"})
    CHECK(tensor(file_of(none)) == digits);
}

TEST_CASE("a checksum that is none is damage") {
  for (const char* sum : {"", "e306928", "e30692830", "E3069283", "0xe3069283", " e3069283",
                          "e3069283\\u0000", "none"}) {
    CAPTURE(sum);
    CHECK(tensor(with_sum(sum)) == "damaged");
  }
}

TEST_CASE("damage anywhere in the data keeps back all tensors, also where it is read in parts") {
  const scratch::Folder folder;
  const std::string large(700'000, 'x'), small = scratch::raw(1.5f);
  write_safetensors(folder / "w", std::vector{view("large", TensorType::u8, {700'000}, large),
                                              view("small", TensorType::f32, {1}, small)});
  const std::string whole = scratch::get(folder / "w");
  const std::size_t data = large.size() + small.size();
  for (const std::size_t at : {std::size_t{0}, std::size_t{3}, std::size_t{4}, std::size_t{262'143},
                               std::size_t{262'144}, std::size_t{524'288}, data - 1}) {
    CAPTURE(at);
    std::string bytes = whole;
    char& one = bytes[whole.size() - data + at];
    one = static_cast<char>(one ^ 1 << at % 8);
    const auto path = folder / std::to_string(at);
    scratch::put(path, bytes);
    const SafetensorsFile file = SafetensorsFile::open(path);
    for (const TensorInfo& info : file.tensors()) CHECK_THROWS_AS(file.read(info), tandem::Error);
  }
}

TEST_CASE("a file that is written again has a checksum of its own, not the one it was given") {
  const scratch::Folder folder;
  write_safetensors(folder / "w", std::vector{view("t", TensorType::u8, {9}, digits)},
                    {{checksum_key, "00000000"}, {"k", "v"}});
  CHECK(tensor(scratch::get(folder / "w")) == digits);
  CHECK(SafetensorsFile::open(folder / "w").metadata() == Metadata{{"k", "v"}});
}

TEST_CASE("the safetensors package reads the checksum, and Python computes the same") {
  const scratch::Folder folder;
  write_safetensors(folder / "digits", std::vector{view("t", TensorType::u8, {9}, digits)});
  CHECK(sum_in_python(folder / "digits") == "e3069283\n");
  write_safetensors(folder / "empty", {});
  CHECK(sum_in_python(folder / "empty") == "00000000\n");

  const std::string flags("\x01\x00\x01", 3), counts = scratch::raw(std::int64_t{-7});
  std::string halves;
  for (int i = 0; i < 1000; ++i) halves += scratch::raw(0.5f + static_cast<float>(i));
  const std::vector<TensorView> tensors = {view("flags", TensorType::boolean, {3}, flags),
                                           view("halves", TensorType::f32, {10, 100}, halves),
                                           view("counts", TensorType::i64, {}, counts)};
  write_safetensors(folder / "several", tensors, {{"format", "pt"}});
  CHECK(sum_in_python(folder / "several").size() == 9);
}
