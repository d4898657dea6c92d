#include "data/source.hpp"
#include "catch.hpp"
#include "files.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

using namespace tandem;

namespace {

std::unique_ptr<data::Source> synthetic(int size, int classes, int channels = 0,
                                        std::uint64_t seed = 0) {
  data::SourceOptions options;
  options.kind = "synthetic";
  options.channels = channels;
  options.synthetic = {.count = 200, .size = size, .classes = classes, .seed = seed};
  return data::open_source(options);
}

std::vector<int> pixels(const data::Source& source, std::int64_t index) {
  Image image;
  source.read(index, image);
  return {image.u8(), image.u8() + image.values()};
}

/// How much of a wave of `cycles` per picture in direction `angle` is in the first channel.
double energy(const Image& image, double cycles, double angle) {
  double sine = 0, cosine = 0, mean = 0;
  const int channels = image.channels(), size = image.width();
  for (std::size_t i = 0; i < image.values(); i += static_cast<std::size_t>(channels)) {
    mean += image.u8()[i];
  }
  mean /= size * size;
  const double rate = 2 * std::numbers::pi * cycles / size;
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const double phase = rate * (std::cos(angle) * x + std::sin(angle) * y);
      const double value = image.u8()[(y * size + x) * channels] - mean;
      sine += value * std::sin(phase);
      cosine += value * std::cos(phase);
    }
  }
  return sine * sine + cosine * cosine;
}

/// The class whose documented grating fits best: pairs of a coarse and a fine one in directions
/// spread evenly over a quarter turn.
std::int64_t best_class(const Image& image, int classes) {
  std::vector<double> found;
  for (int k = 0; k < classes; ++k) {
    const double steps = std::max(1, (classes + 1) / 2 - 1);
    found.push_back(energy(image, k % 2 == 0 ? 3 : 7, std::numbers::pi / 2 * (k / 2) / steps));
  }
  return std::max_element(found.begin(), found.end()) - found.begin();
}

}  // namespace

TEST_CASE("synthetic pictures are the same each time, and differ with index and seed") {
  const auto one = synthetic(32, 10), other = synthetic(32, 10), reseeded = synthetic(32, 10, 0, 1);
  CHECK(one->size() == 200);
  std::set<std::vector<int>> all;
  for (std::int64_t i = 0; i < 200; ++i) {
    const auto picture = pixels(*one, i);
    REQUIRE(picture.size() == 32 * 32 * 3);
    REQUIRE(picture == pixels(*other, i));
    REQUIRE(picture != pixels(*reseeded, i));
    all.insert(picture);
  }
  CHECK(all.size() == 200);
}

TEST_CASE("a synthetic picture shows its class, upright and mirrored") {
  for (int channels : {1, 3}) {
    const auto source = synthetic(32, 10, channels);
    int right = 0;
    std::vector<int> per_class(10);
    Image image;
    for (std::int64_t i = 0; i < source->size(); ++i) {
      source->read(i, image);
      REQUIRE(image.channels() == channels);
      right += best_class(image, 10) == source->label(i);
      ++per_class[static_cast<std::size_t>(source->label(i))];
    }
    CHECK(right >= 190);
    CHECK(per_class == std::vector<int>(10, 20));
  }
}

TEST_CASE("synthetic pictures of odd sizes and counts") {
  CHECK(pixels(*synthetic(1, 1), 0).size() == 3);
  CHECK(pixels(*synthetic(7, 3, 1), 5).size() == 49);
  data::SourceOptions options;
  options.kind = "synthetic";
  options.synthetic.classes = 0;
  CHECK(!files::message([&] { data::open_source(options); }, ErrorKind::config).empty());
}

TEST_CASE("a subset shows the pictures it was given, in order") {
  const std::shared_ptr<const data::Source> whole = synthetic(8, 4);
  const auto part = data::subset(whole, {7, 0, 7});
  REQUIRE(part->size() == 3);
  CHECK(part->label(0) == whole->label(7));
  CHECK(part->name(1) == whole->name(0));
  CHECK(pixels(*part, 2) == pixels(*whole, 7));
  CHECK_THROWS_AS(data::subset(whole, {200}), Error);
  CHECK_THROWS_AS(data::subset(whole, {-1}), Error);
}

TEST_CASE("a fingerprint changes with names, labels, number and pixels, and with nothing else") {
  const auto write = [](const TemporaryFolder& folder, const std::string& second,
                        std::uint8_t red) {
    files::put(folder / "a/1.ppm", files::ppm(1, 1, {red, 2, 3}));
    files::put(folder / second, files::ppm(1, 1, {1, 2, 3}));
    return data::fingerprint(*files::open(folder.path()));
  };
  TemporaryFolder first, same, renamed, relabelled, repainted;
  const std::string reference = write(first, "b/2.ppm", 1);
  CHECK(reference.size() == 16);
  CHECK(reference.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(write(same, "b/2.ppm", 1) == reference);
  std::set<std::string> all = {reference, write(renamed, "b/3.ppm", 1),
                               write(relabelled, "a/2.ppm", 1), write(repainted, "b/2.ppm", 9)};
  CHECK(all.size() == 4);
  files::put(first / "b/9.ppm", files::ppm(1, 1, {1, 2, 3}));
  CHECK(data::fingerprint(*files::open(first.path())) != reference);
  files::put(same / "b/2.ppm", "damaged");
  CHECK(data::fingerprint(*files::open(same.path())) != reference);
}
