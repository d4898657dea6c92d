// What becomes of each kind of picture: against files written, and read again, by Pillow.
#include "data/decode.hpp"
#include "catch.hpp"
#include "data/orientation.hpp"
#include "files.hpp"
#include "formats/safetensors.hpp"

#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>

using namespace tandem;
using files::has;
using files::message;

namespace {

const std::filesystem::path golden = std::filesystem::path(TANDEM_TEST_DIR) / "golden";

data::Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Image decoded(const std::string& bytes, int channels = 3) {
  Image image;
  data::decode(bytes_of(bytes), {channels, 64'000'000}, image);
  return image;
}

std::vector<int> pixels(const std::string& bytes, int channels = 3) {
  const Image image = decoded(bytes, channels);
  return {image.u8(), image.u8() + image.values()};
}

std::string golden_bytes(const std::string& name) {
  return read_file(golden / "pictures" / name);
}

/// What JPEG and lossy WebP may differ by: decoders round differently, and a JPEG's grey is its own
/// first component.
int tolerance(const std::string& name) {
  return name.ends_with(".jpg") || name == "lossy.webp" ? 2 : 0;
}

int largest_difference(const Image& image, const std::vector<std::byte>& wanted) {
  int most = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    most = std::max(most, std::abs(int{image.u8()[i]} - std::to_integer<int>(wanted[i])));
  }
  return most;
}

/// A TIFF block of one entry, as EXIF holds it.
std::string tiff(bool little, std::uint16_t tag, std::uint32_t value, std::uint16_t type = 3) {
  const auto number = [&](std::uint32_t v, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      text += static_cast<char>(v >> 8 * (little ? i : count - 1 - i) & 255);
    }
    return text;
  };
  const std::string entry = number(tag, 2) + number(type, 2) + number(1, 4) +
                            (type == 3 ? number(value, 2) + number(0, 2) : number(value, 4));
  return (little ? "II" : "MM") + number(42, 2) + number(8, 4) + number(1, 2) + entry +
         number(0, 4);
}

/// A JPEG's segment put right behind its start.
std::string with_segment(const std::string& jpeg, int marker, const std::string& content) {
  const std::size_t length = content.size() + 2;
  std::string segment = {'\xff', static_cast<char>(marker), static_cast<char>(length >> 8),
                         static_cast<char>(length & 255)};
  return jpeg.substr(0, 2) + segment + content + jpeg.substr(2);
}

std::string with_exif(const std::string& jpeg, const std::string& block) {
  return with_segment(jpeg, 0xe1, std::string("Exif\0\0", 6) + block);
}

int orientation_of(const std::string& jpeg) {
  return data::exif_orientation(bytes_of(jpeg), data::PictureFormat::jpeg);
}

/// While it lives, the process may take no more than so many bytes beyond what it has.
class MemoryLimit {
 public:
  explicit MemoryLimit(rlim_t more) {
    rlim_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    REQUIRE(pages > 0);
    REQUIRE(::getrlimit(RLIMIT_AS, &before_) == 0);
    rlimit limit = before_;
    limit.rlim_cur = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + more;
    REQUIRE(::setrlimit(RLIMIT_AS, &limit) == 0);
  }
  ~MemoryLimit() { ::setrlimit(RLIMIT_AS, &before_); }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("every kind of picture shows what Pillow says it shows") {
  const auto expected = formats::SafetensorsFile::open(golden / "pictures.safetensors");
  int seen = 0;
  for (const auto& tensor : expected.tensors()) {
    const bool grey = tensor.name.starts_with("grey/");
    const std::string name = tensor.name.substr(tensor.name.find('/') + 1);
    CAPTURE(tensor.name);
    const Image image = decoded(golden_bytes(name), grey ? 1 : 3);
    REQUIRE(image.height() == tensor.shape[0]);
    REQUIRE(image.width() == tensor.shape[1]);
    REQUIRE(image.channels() == (grey ? 1 : 3));
    CHECK(largest_difference(image, expected.read(tensor)) <= tolerance(name));
    ++seen;
  }
  CHECK(seen == 138);
}

TEST_CASE("EXIF's orientation is found in both byte orders, and garbage asks for none") {
  const std::string jpeg = files::jpeg(4, 2, files::ramps(4, 2));
  CHECK(orientation_of(jpeg) == 1);
  for (const bool little : {false, true}) {
    CHECK(orientation_of(with_exif(jpeg, tiff(little, 0x112, 6))) == 6);
    CHECK(orientation_of(with_exif(jpeg, tiff(little, 0x112, 8, 4))) == 8);
    CHECK(orientation_of(with_exif(jpeg, tiff(little, 0x111, 6))) == 1);
    for (const int wrong : {0, 9, 65535}) {
      CHECK(orientation_of(with_exif(jpeg, tiff(little, 0x112, wrong))) == 1);
    }
  }
  const std::string whole = with_exif(jpeg, tiff(true, 0x112, 3));
  for (std::size_t size = 0; size < whole.size(); ++size) orientation_of(whole.substr(0, size));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int value : {0, 1, 127, 128, 255}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(value);
      const int found = orientation_of(damaged);
      REQUIRE((found >= 1 && found <= 8));
    }
  }
}

TEST_CASE("a JPEG's warnings are errors, but those that touch no pixel") {
  const std::string jpeg = files::jpeg(16, 16, files::ramps(16, 16));
  const auto expected = pixels(jpeg);
  const auto jfif = jpeg.find("JFIF");
  REQUIRE(jfif != std::string::npos);

  std::string newer = jpeg;
  newer[jfif + 5] = 7;
  CHECK(pixels(newer) == expected);
  // Bytes between the segments of the header.
  CHECK(pixels(jpeg.substr(0, 20) + std::string(3, 'x') + jpeg.substr(20)) == expected);

  const std::string end = jpeg.substr(jpeg.size() - 2);
  REQUIRE(end == "\xff\xd9");
  const std::string most = jpeg.substr(0, jpeg.size() - 2);
  CHECK(has(message([&] { pixels(most + std::string(40, 'x') + end); }), "extraneous"));
  CHECK(has(message([&] { pixels(most); }), "remature end"));
  CHECK(has(message([&] { pixels(jpeg.substr(0, jpeg.size() - 20) + end); }), "remature end"));
  CHECK(pixels(jpeg) == expected);
}

TEST_CASE("a JPEG without its tables does not borrow those of the one before") {
  const std::string whole = golden_bytes("progressive.jpg");
  std::string without = whole.substr(0, 2);
  for (std::size_t at = 2; at < whole.size();) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(whole[i]); };
    const std::size_t marker = byte(at + 1), begin = at;
    at += 2 + (byte(at + 2) << 8 | byte(at + 3));
    if (marker == 0xda) {  // the scan's data go on to the next marker
      while (at + 1 < whole.size() && (byte(at) != 0xff || byte(at + 1) == 0)) ++at;
    }
    if (marker != 0xc4) without += whole.substr(begin, at - begin);
    if (at + 2 >= whole.size()) without += whole.substr(at), at = whole.size();
  }
  REQUIRE(without.size() < whole.size());
  REQUIRE(message([&] { pixels(whole); }).empty());
  CHECK(has(message([&] { pixels(without); }), "Huffman table"));
}

TEST_CASE("a picture too large is refused from its header, whatever its format") {
  const auto refused = [](const std::string& bytes, const std::string& size) {
    Image image;
    // A decoder that made the picture, the smallest of which has 805 MB, would fail otherwise.
    const std::string said = message([&] {
      const MemoryLimit limit(256'000'000);
      data::decode(bytes_of(bytes), {3, 64'000'000}, image);
    });
    CAPTURE(said);
    CHECK(has(said, size));
    CHECK(has(said, "data.max_pixels"));
    CHECK(image.values() == 0);
  };
  refused(files::png_header(30000, 30000) + std::string(2'600'000, '\0'), "30000x30000");
  refused("P6 30000 30000 255\n", "30000x30000");
  refused("P1 30000 30000\n", "30000x30000");

  std::string bmp = golden_bytes("rgb.bmp");
  bmp[20] = 1, bmp[25] = '\xff', bmp[24] = bmp[23] = bmp[22] = 0;  // height -2^24
  refused(bmp, "65552x16777216");
  std::string webp = golden_bytes("lossy.webp");
  webp[26] = '\xff', webp[27] = '\x3f', webp[28] = '\xff', webp[29] = '\x3f';
  refused(webp, "16383x16383");
  webp = golden_bytes("rgb.webp");
  for (const std::size_t at : {21, 22, 23, 24}) webp[at] = '\xff';
  refused(webp, "16384x16384");
  webp = golden_bytes("orientation8.webp");
  for (const std::size_t at : {24, 25, 27, 28}) webp[at] = '\xff';
  refused(webp, "65536x65536");
  for (const char* name : {"rgb.tif", "lzw.tif", "gray16.tif"}) {
    std::string bytes = golden_bytes(name);
    const std::string width("\x00\x01\x04\x00\x01\x00\x00\x00", 8);
    const std::string narrow("\x00\x01\x03\x00\x01\x00\x00\x00", 8);
    const auto at = std::min(bytes.find(width), bytes.find(narrow));
    REQUIRE(at != std::string::npos);
    bytes[at + 2] = 4, bytes[at + 11] = 8;  // a LONG, of at least 2^27
    refused(bytes, "134217744x12");
  }
  std::string jpeg = golden_bytes("rgb.jpg");
  const auto frame = jpeg.find("\xff\xc0");
  REQUIRE(frame != std::string::npos);
  for (std::size_t i = 5; i < 9; ++i) jpeg[frame + i] = 0x75;
  refused(jpeg, "30069x30069");
}

TEST_CASE("what no picture for training is, is refused with the reason") {
  std::string webp = golden_bytes("orientation8.webp");
  webp[20] = static_cast<char>(webp[20] | 2);
  CHECK(has(message([&] { decoded(webp); }), "animated"));

  std::string tif = golden_bytes("gray.tif");
  const auto bits = tif.find(std::string("\x02\x01\x03\x00\x01\x00\x00\x00", 8));
  REQUIRE(bits != std::string::npos);
  tif[bits + 8] = 32;
  CHECK(has(message([&] { decoded(tif); }), "32 bits a sample"));

  CHECK(has(message([&] { decoded("P5 2 1 15\n\x0f\x10"); }), "above its largest"));
  CHECK(has(message([&] { decoded("P5 2 1 70000\n...."); }), "1 … 65535"));
  CHECK(has(message([&] { decoded("P2 2 1 255\n3 x"); }), "a number is missing"));
  CHECK(has(message([&] { decoded("P5 0 1 255\n"); }), "an empty picture"));
}

TEST_CASE("wherever a file of any format is cut off or changed, nothing but an error comes of it") {
  for (const char* name :
       {"palette_transparent.png", "rgb16.png", "progressive.jpg", "ycck.jpg", "orientation8.webp",
        "lossy.webp", "lzw.tif", "palette.tif", "palette.bmp", "max51000.ppm", "text15.pgm",
        "bits1.pgm", "orientation6.png"}) {
    const std::string whole = golden_bytes(name);
    Image image;
    for (std::size_t size = 0; size < whole.size(); size += 1 + size / 40) {
      try {
        data::decode(bytes_of(whole.substr(0, size)), {}, image);
      } catch (const Error& error) {
        REQUIRE(error.kind() == ErrorKind::data);
      }
    }
    for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 80) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x81);
      try {
        data::decode(bytes_of(damaged), {3, 1'000'000}, image);
      } catch (const Error& error) {
        REQUIRE(error.kind() == ErrorKind::data);
      }
    }
  }
}
