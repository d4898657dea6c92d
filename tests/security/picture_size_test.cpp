// A file that claims to be a picture of gigabytes is refused before any memory of that size is
// asked for.
#include "catch.hpp"
#include "data/decode.hpp"
#include "host/data/files.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

using namespace tandem;

namespace {

long peak_kilobytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

struct Growth {
  bool refused = false;
  long kilobytes = 0;
};

/// How much more memory a process of its own ever held, from before the call to its end, and
/// whether an Error(data) that names the limit came of it.
Growth growth_of(const std::function<void()>& call) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    Growth growth;
    const long before = peak_kilobytes();
    try {
      call();
    } catch (const Error& error) {
      growth.refused = error.kind() == ErrorKind::data && files::has(error.what(), "max_pixels");
    } catch (const std::exception&) {
    }
    growth.kilobytes = peak_kilobytes() - before;
    ::_exit(::write(ends[1], &growth, sizeof growth) == sizeof growth ? 0 : 1);
  }
  Growth growth;
  ::close(ends[1]);
  const bool told = ::read(ends[0], &growth, sizeof growth) == sizeof growth;
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  REQUIRE(told);
  return growth;
}

constexpr long most = 16 * 1024;

}  // namespace

TEST_CASE("a picture of 30,000 by 30,000 is refused for less than 16 MiB, whatever its format") {
  TemporaryFolder folder;
  // 2.6 MB: what such a PNG of nothing but black has.
  files::put(folder / "a.png", files::png_header(30'000, 30'000) + std::string(2'600'000, '\0'));
  files::put(folder / "b.ppm", "P6 30000 30000 255\n" + std::string(2'600'000, '\0'));
  std::string bmp = files::bmp(2, 2, files::ramps(2, 2));
  bmp[18] = bmp[22] = '\x30', bmp[19] = bmp[23] = '\x75';
  files::put(folder / "c.bmp", bmp);
  std::string jpeg = files::jpeg(16, 16, files::ramps(16, 16));
  const auto frame = jpeg.find("\xff\xc0");
  REQUIRE(frame != std::string::npos);
  for (std::size_t i = 5; i < 9; ++i) jpeg[frame + i] = 0x75;
  files::put(folder / "d.jpg", jpeg);

  data::SourceOptions options;
  options.path = folder.path();
  const auto source = data::open_source(options);
  REQUIRE(source->size() == 4);
  for (std::int64_t i = 0; i < source->size(); ++i) {
    Image image;
    const Growth growth = growth_of([&] { source->read(i, image); });
    CAPTURE(source->name(i), growth.kilobytes);
    CHECK(growth.refused);
    CHECK(growth.kilobytes < most);
  }
}

TEST_CASE("what counts memory here sees a picture that is not refused") {
  const Growth growth = growth_of([] {
    Image image(4'000, 4'000, 3);
    std::fill_n(image.u8(), image.values(), std::uint8_t{1});
  });
  CHECK_FALSE(growth.refused);
  CHECK(growth.kilobytes > most);
}
