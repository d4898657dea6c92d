// No file costs more memory than the picture it holds: one that claims to be a picture of gigabytes
// is refused before any memory of that size is asked for, and what lies beside pixels is not kept.
#include "catch.hpp"
#include "data/decode.hpp"
#include "host/data/files.hpp"
#include "tar_member.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <functional>

using namespace tandem;

namespace {

long peak_kilobytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

struct Growth {
  char said[512] = "";  ///< the message of the Error(data) that came of it; else empty
  long kilobytes = 0;
};

/// How much more memory a process of its own ever held, from before the call to its end.
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
      if (error.kind() == ErrorKind::data)
        std::snprintf(growth.said, sizeof growth.said, "%s", error.what());
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

void decode(const std::string& bytes, Image& image) {
  data::decode({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, {}, image);
}

/// As zlib packs it.
std::string zipped(const std::string& bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string out(size, '\0');
  REQUIRE(compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                    reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()),
                    9) == Z_OK);
  out.resize(size);
  return out;
}

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
    CHECK(files::has(growth.said, "max_pixels"));
    CHECK(growth.kilobytes < most);
  }
}

TEST_CASE("what counts memory here sees a picture that is not refused") {
  const Growth growth = growth_of([] {
    Image image(4'000, 4'000, 3);
    std::fill_n(image.u8(), image.values(), std::uint8_t{1});
  });
  CHECK(growth.kilobytes > most);
}

TEST_CASE("texts and profiles of a PNG that unpack to hundreds of megabytes are passed over") {
  const std::string plain =
      read_file(std::filesystem::path(TANDEM_TEST_DIR) / "golden/pictures/rgb.png");
  const std::string packed = zipped(std::string(7'900'000, 'x'));
  const std::string packed_text = std::string("key\0\0", 5) + packed;
  std::string chunks = files::png_chunk("iCCP", packed_text);
  for (int i = 0; i < 40; ++i) {
    chunks += files::png_chunk("zTXt", packed_text);
    chunks += files::png_chunk("iTXt", std::string("key\0\1\0\0\0", 8) + packed);
    chunks += files::png_chunk("tEXt", std::string("key\0", 4) + std::string(1000, 'x'));
    chunks += files::png_chunk("prVt", std::string(1000, 'x'));
  }
  // After the header, where a profile must stand, and behind the pixels.
  constexpr std::size_t header = 33, end = 12;
  const std::string bomb = plain.substr(0, header) + chunks +
                           plain.substr(header, plain.size() - header - end) + chunks +
                           plain.substr(plain.size() - end);
  REQUIRE(bomb.size() < 2'000'000);

  Image expected, image;
  decode(plain, expected);
  const Growth growth = growth_of([&] { decode(bomb, image); });
  CAPTURE(growth.said, growth.kilobytes);
  CHECK(growth.kilobytes < most);
  decode(bomb, image);
  REQUIRE(image.values() == expected.values());
  CHECK(std::equal(image.u8(), image.u8() + image.values(), expected.u8()));
}

TEST_CASE("a picture's file of more than 256 MiB is refused, and is not read") {
  TemporaryFolder folder;
  constexpr std::uint64_t size = std::uint64_t{257} << 20;
  files::put(folder / "files/a.png", files::png_header(4, 4));
  std::filesystem::resize_file(folder / "files/a.png", size);  // which holds no data but these
  files::put(folder / "a.tar", tar::header("a.png", '0', size) + files::png_header(4, 4));
  std::filesystem::resize_file(folder / "a.tar", 512 + size + 1024);
  files::put(folder / "list.txt", "files/a.png\n");
  for (const char* name : {"files", "a.tar", "list.txt"}) {
    const auto source = files::open(folder / name);
    REQUIRE(source->size() == 1);
    Image image;
    const Growth growth = growth_of([&] { source->read(0, image); });
    CAPTURE(growth.said, growth.kilobytes);
    CHECK(files::has(growth.said, "a.png: has "));
    CHECK(files::has(growth.said, "more than the 268435456 "));
    CHECK(growth.kilobytes < most);
  }
}
