#include "catch.hpp"
#include "config/sections.hpp"
#include "files.hpp"

using namespace tandem;
using files::has;
using files::message;

namespace {

/// A record as the data set's page describes it: labels, then 1024 red values row by row, then
/// green, then blue.
std::string record(const std::string& labels, int start) {
  std::string bytes = labels;
  for (int plane = 0; plane < 3; ++plane) {
    for (int i = 0; i < 1024; ++i) bytes += static_cast<char>((start + 50 * plane + i) & 255);
  }
  return bytes;
}

void check_pixels(const data::Source& source, std::int64_t index, int start) {
  Image image;
  source.read(index, image);
  REQUIRE((image.height() == 32 && image.width() == 32 && image.channels() == 3));
  for (int i = 0; i < 1024; ++i) {
    for (int c = 0; c < 3; ++c) REQUIRE(image.u8()[3 * i + c] == ((start + 50 * c + i) & 255));
  }
}

}  // namespace

TEST_CASE("CIFAR-10's five batches are one training set, the test batch another") {
  TemporaryFolder folder;
  for (int batch = 1; batch <= 5; ++batch) {
    const auto label = static_cast<char>(batch);
    files::put(folder / ("data_batch_" + std::to_string(batch) + ".bin"),
               record({label}, batch) + record({9}, 10 * batch));
  }
  files::put(folder / "test_batch.bin", record({'\0'}, 99));
  files::put(folder / "batches.meta.txt", "airplane\n");
  const auto source = files::open(folder.path());
  REQUIRE(source->size() == 10);
  CHECK(source->name(5) == "data_batch_3.bin[1]");
  CHECK(source->label(4) == 3);
  CHECK(source->label(5) == 9);
  check_pixels(*source, 4, 3);
  check_pixels(*source, 9, 50);
  const auto test = files::open(folder / "test_batch.bin");
  REQUIRE(test->size() == 1);
  CHECK(test->label(0) == 0);
  check_pixels(*test, 0, 99);
  Image grey;
  files::open(folder.path(), 1)->read(0, grey);
  CHECK(grey.channels() == 1);
  CHECK(int{grey.u8()[0]} == 42);  // 0.299 * 1 + 0.587 * 51 + 0.114 * 101 = 41.75
}

TEST_CASE("CIFAR-100 has two labels a record, of which the fine one counts") {
  TemporaryFolder folder;
  files::put(folder / "train.bin", record({4, 77}, 1) + record({19, 99}, 2));
  files::put(folder / "test.bin", record({0, 0}, 3));
  const auto source = files::open(folder.path());
  REQUIRE(source->size() == 2);
  CHECK(source->label(0) == 77);
  CHECK(source->label(1) == 99);
  check_pixels(*source, 1, 2);
  check_pixels(*files::open(folder / "test.bin"), 0, 3);
}

TEST_CASE("a CIFAR file that is none is told with what was expected") {
  TemporaryFolder folder;
  files::put(folder / "data_batch_1.bin", record({1}, 1).substr(0, 3000));
  CHECK(has(message([&] { files::open(folder.path()); }), "records of 3073 bytes"));
  files::put(folder / "data_batch_1.bin", record({1}, 1) + record({10}, 1));
  CHECK(has(message([&] { files::open(folder.path()); }), "record 1 has the label 10"));
  files::put(folder / "data_batch_1.bin", "");
  CHECK(has(message([&] { files::open(folder.path()); }), "cut off"));
  data::SourceOptions options;
  options.kind = "cifar";
  options.path = folder.path() / "..";
  CHECK(has(message([&] { data::open_source(options); }), "binary version"));
}

TEST_CASE("data.source offers the kinds there are") {
  const auto& data = config::find(config::sections(), "data")->schema;
  for (const auto& param : data.params) {
    if (param.name != "source") continue;
    auto offered = param.choices;
    REQUIRE(offered.front() == "auto");
    offered.erase(offered.begin());
    auto known = data::source_kinds();
    std::sort(offered.begin(), offered.end()), std::sort(known.begin(), known.end());
    CHECK(offered == known);
    return;
  }
  FAIL("[data] has no 'source'");
}
