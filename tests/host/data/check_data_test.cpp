#include "data/check_data.hpp"
#include "catch.hpp"
#include "files.hpp"

#include <cmath>
#include <set>

using namespace tandem;
using files::has;

namespace {

const std::atomic<bool> never = false;

data::DataReport check(const data::Source& source, int helpers = 0) {
  return data::check_data(source, helpers, never, [](std::int64_t, std::int64_t) {});
}

}  // namespace

TEST_CASE("a check finds what is bad, how large pictures are, and which are the same") {
  TemporaryFolder folder;
  files::put(folder / "a/1.ppm", files::ppm(4, 2, files::plain(4, 2, 10, 20, 30)));
  files::put(folder / "a/2.png", "broken");
  files::put(folder / "b/3.ppm", files::ppm(1, 1, {51, 51, 51}));
  files::put(folder / "b/4.bmp", files::bmp(4, 2, files::plain(4, 2, 10, 20, 30)));
  files::put(folder / "b/5.ppm", files::ppm(2, 4, files::plain(2, 4, 10, 20, 30)));
  const auto source = files::open(folder.path());
  const auto report = check(*source);
  CHECK(report.pictures == 5);
  REQUIRE(report.bad.size() == 1);
  CHECK(report.bad[0].index == 1);
  CHECK(has(report.bad[0].reason, "2.png: not a picture"));
  CHECK((report.height.smallest == 1 && report.height.median == 2 && report.height.largest == 4));
  CHECK((report.width.smallest == 1 && report.width.median == 4 && report.width.largest == 4));
  CHECK(report.classes == std::map<std::int64_t, std::int64_t>{{0, 2}, {1, 3}});
  CHECK(report.duplicates == std::vector<std::vector<std::int64_t>>{{0, 3}});
  CHECK(report.fingerprint == data::fingerprint(*source));

  REQUIRE(report.channels.size() == 1);
  const auto& kind = report.channels.at(3);
  CHECK(kind.pictures == 4);
  CHECK(kind.grey == 1);
  // 24 pixels of 10, 20, 30 and one of 51.
  for (const int c : {0, 1, 2}) {
    const double value = 10.0 * (c + 1), mean = (24 * value + 51) / 25;
    const double variance = (24 * value * value + 51 * 51) / 25 - mean * mean;
    const auto k = static_cast<std::size_t>(c);
    CHECK(kind.values.mean[k] == Approx(mean / 255).epsilon(1e-6));
    CHECK(kind.values.std[k] == Approx(std::sqrt(variance) / 255).epsilon(1e-6));
  }
}

TEST_CASE("a check gives what normalize = \"auto\" measures, with any number of threads") {
  data::SourceOptions options;
  options.kind = "synthetic";
  options.synthetic.count = 300;
  options.synthetic.size = 8;
  const auto source = data::open_source(options);
  const auto measured = data::measure(*source);
  const auto alone = check(*source);
  CHECK(alone.channels.at(3).values.mean == measured.mean);
  CHECK(alone.channels.at(3).values.std == measured.std);
  const auto together = check(*source, 3);
  CHECK(together.channels.at(3).values.mean == measured.mean);
  CHECK(together.content == alone.content);
  CHECK(data::hex(alone.content).size() == 32);
}

TEST_CASE("the content's hash tells pixels, sizes and order apart") {
  std::set<data::ContentHash> seen;
  for (const auto& [height, width] : {std::pair{1, 6}, {6, 1}, {2, 3}, {3, 2}}) {
    Image image(height, width, 1);
    std::fill_n(image.u8(), 6, std::uint8_t{0});
    CHECK(seen.insert(data::content_hash(image)).second);
    image.u8()[5] = 1;
    CHECK(seen.insert(data::content_hash(image)).second);
  }
  const std::vector<data::ContentHash> forth(seen.begin(), seen.end()),
      back(seen.rbegin(), seen.rend());
  CHECK(data::content_hash(forth) != data::content_hash(back));
}

TEST_CASE("a check counts every picture once and stops when it is told to") {
  data::SourceOptions options;
  options.kind = "synthetic";
  options.synthetic.count = 1000;
  options.synthetic.size = 4;
  const auto source = data::open_source(options);
  std::int64_t last = 0;
  data::check_data(*source, 2, never, [&](std::int64_t done, std::int64_t) {
    REQUIRE(done == last + 1);
    last = done;
  });
  CHECK(last == 1000);
  std::atomic<bool> stop = false;
  const auto report = data::check_data(*source, 2, stop, [&](std::int64_t done, std::int64_t) {
    last = done;
    if (done == 100) stop = true;
  });
  CHECK(report.stopped);
  CHECK(last < 110);
}
