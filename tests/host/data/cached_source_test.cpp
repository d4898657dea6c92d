#include "data/cached_source.hpp"
#include "catch.hpp"
#include "files.hpp"

#include <atomic>
#include <thread>

using namespace tandem;

namespace {

/// Counts how often it is read; picture i has i + 1 pixels of value i.
class Counting final : public data::Source {
 public:
  explicit Counting(std::atomic<int>& reads) : reads_(reads) {}
  std::int64_t size() const override { return 10; }
  std::int64_t label(std::int64_t index) const override { return index; }
  std::string name(std::int64_t index) const override { return std::to_string(index); }
  void read(std::int64_t index, Image& out) const override {
    ++reads_;
    if (index == 9) throw Error(ErrorKind::data, "9 is broken");
    out.reset(1, static_cast<int>(index) + 1, 1);
    std::fill_n(out.u8(), out.values(), static_cast<std::uint8_t>(index));
  }

 private:
  std::atomic<int>& reads_;
};

void check_pixels(const data::Source& source) {
  for (std::int64_t i = 0; i < 9; ++i) {
    Image image(3, 3, 3, PixelType::f32);
    source.read(i, image);
    REQUIRE((image.height() == 1 && image.width() == i + 1 && image.channels() == 1));
    for (std::size_t k = 0; k < image.values(); ++k) REQUIRE(image.u8()[k] == i);
  }
}

}  // namespace

TEST_CASE("a cache reads each picture once and shows the same pixels") {
  std::atomic<int> reads = 0;
  const auto source = data::cached(std::make_unique<Counting>(reads), 1 << 20);
  for (int epoch = 0; epoch < 3; ++epoch) check_pixels(*source);
  CHECK(reads == 9);
  CHECK(source->label(4) == 4);
  CHECK(source->name(4) == "4");
  Image image;
  for (int i = 0; i < 2; ++i) {
    CHECK(files::has(files::message([&] { source->read(9, image); }), "broken"));
  }
  CHECK(reads == 11);
}

TEST_CASE("a cache keeps what fits, all that it needs counted, and decodes the rest each time") {
  // Ten slots of 8 bytes; a picture of n pixels takes 12 + n bytes and 16 for its block.
  const auto kept = [](std::int64_t bytes) {
    std::atomic<int> reads = 0;
    const auto source = data::cached(std::make_unique<Counting>(reads), bytes);
    check_pixels(*source);
    reads = 0;
    check_pixels(*source);
    return 9 - reads;
  };
  CHECK(kept(80) == 0);
  CHECK(kept(80 + 28) == 0);
  CHECK(kept(80 + 29) == 1);
  CHECK(kept(80 + 29 + 30) == 2);
  CHECK(kept(80 + 29 + 29) == 1);
  CHECK(kept(80 + 9 * 28 + 45) == 9);
  CHECK(kept(80 + 9 * 28 + 44) == 8);
  CHECK(kept(0) == 0);
}

TEST_CASE("many threads may read a cached source at once") {
  std::atomic<int> reads = 0;
  const auto source = data::cached(std::make_unique<Counting>(reads), 1 << 20);
  std::atomic<bool> right = true;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        Image image;
        for (std::int64_t i = 0; i < 9000; ++i) {
          source->read(i % 9, image);
          right = right && static_cast<std::int64_t>(image.values()) == i % 9 + 1 &&
                  image.u8()[i % 9] == i % 9;
        }
      });
    }
  }
  CHECK(right);
  CHECK(reads <= 36);
}

TEST_CASE("a folder's pictures come from the cache when they were read once") {
  TemporaryFolder folder;
  files::put(folder / "a.ppm", files::ppm(1, 1, {1, 2, 3}));
  data::SourceOptions options;
  options.path = folder.path();
  options.cache_bytes = 1 << 20;
  const auto source = data::open_source(options);
  Image image;
  source->read(0, image);
  std::filesystem::remove(folder / "a.ppm");
  image.reset(4, 4, 1);
  source->read(0, image);
  CHECK(image.u8()[2] == 3);
}
