// TIFFs made by hand: what their header says is what the limit is compared with.
#include "catch.hpp"
#include "data/decode.hpp"
#include "files.hpp"

using namespace tandem;
using files::has;
using files::message;

namespace {

/// One value of a tag. The types of TIFF 6.0 and BigTIFF: 1 BYTE, 3 SHORT, 4 LONG, 9 SLONG, 16
/// LONG8.
struct Entry {
  std::uint16_t tag, type;
  std::uint64_t value;
};
using Entries = std::vector<Entry>;

constexpr std::uint16_t width = 256, height = 257, bits = 258, strip = 273, tile_width = 322,
                        tile_height = 323;

std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 255);
  return text;
}

/// The grey values 10 … 21 in one strip, 4 × 3, and a directory behind them.
std::string tiff(bool big, const Entries& entries) {
  const int wide = big ? 8 : 4;
  std::string pixels;
  for (char value = 10; value < 22; ++value) pixels += value;
  std::string text = "II" + (big ? number(43, 2) + number(8, 4) : number(42, 2));
  text += number(text.size() + static_cast<std::size_t>(wide) + pixels.size(), wide) + pixels;
  text += number(entries.size(), big ? 8 : 2);
  for (const Entry& entry : entries) {
    text += number(entry.tag, 2) + number(entry.type, 2) + number(1, wide);
    text += number(entry.value, wide);
  }
  return text + number(0, wide);
}

Entries picture(bool big) {
  return {{width, 3, 4}, {height, 3, 3}, {bits, 3, 8},
          {259, 3, 1},   {262, 3, 1},    {strip, 4, big ? 16u : 8u},
          {277, 3, 1},   {278, 3, 3},    {279, 4, 12}};
}

/// The same with another entry for that tag, at its place or at the end.
Entries with(Entries entries, Entry other) {
  for (Entry& entry : entries) {
    if (entry.tag == other.tag) {
      entry = other;
      return entries;
    }
  }
  entries.push_back(other);
  return entries;
}

Entries without(Entries entries, std::uint16_t tag) {
  std::erase_if(entries, [tag](const Entry& entry) { return entry.tag == tag; });
  return entries;
}

std::vector<int> pixels(const std::string& bytes) {
  Image image;
  data::decode({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, {1, 64'000'000},
               image);
  return {image.u8(), image.u8() + image.values()};
}

std::string refused(bool big, const Entries& entries) {
  return message([&] { pixels(tiff(big, entries)); });
}

}  // namespace

TEST_CASE("a TIFF's size may be of any unsigned type") {
  const std::vector<int> expected = {10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21};
  for (const bool big : {false, true}) {
    CAPTURE(big);
    CHECK(pixels(tiff(big, picture(big))) == expected);
    for (const std::uint16_t type : {1, 3, 4, 16}) {
      if (type == 16 && !big) continue;  // eight bytes, which stand elsewhere there
      CAPTURE(type);
      CHECK(pixels(tiff(big, with(with(picture(big), {width, type, 4}), {height, type, 3}))) ==
            expected);
    }
  }
}

TEST_CASE("a TIFF whose header tells no size that can be read is refused with the reason") {
  for (const bool big : {false, true}) {
    const Entries good = picture(big);
    const Entries tiled = with(with(good, {tile_width, 3, 16}), {tile_height, 3, 16});
    CHECK(has(refused(big, without(good, width)), "no ImageWidth"));
    CHECK(has(refused(big, without(tiled, height)), "no ImageLength"));
    // Signed, of no known type, and a type that holds no whole number.
    for (const std::uint16_t type : {6, 8, 9, 17, 0, 99, 7, 12}) {
      CAPTURE(big, type);
      CHECK(has(refused(big, with(good, {width, type, 4})), "no ImageWidth"));
      CHECK(has(refused(big, with(tiled, {width, type, 4})), "no ImageWidth"));
      CHECK(has(refused(big, with(tiled, {height, type, 3})), "no ImageLength"));
      CHECK(has(refused(big, with(tiled, {tile_width, type, 16})), "no TileWidth"));
      CHECK(has(refused(big, with(tiled, {tile_height, type, 16})), "no TileLength"));
      CHECK(has(refused(big, with(good, {bits, type, 8})), "no BitsPerSample"));
    }
  }
}

TEST_CASE("a TIFF's size counts wherever it stands, and tiles only enlarge it") {
  for (const bool big : {false, true}) {
    const Entries good = picture(big);
    const std::string large = "134217728x3 pixels, more than data.max_pixels";
    CHECK(has(refused(big, with(good, {width, 4, 1 << 27})), large));
    CHECK(has(refused(big, with(with(good, {width, 4, 1 << 27}), {tile_width, 3, 16})), large));
    CHECK(has(refused(big, with(good, {tile_width, 4, 1 << 27})), large));
    Entries late(5000, Entry{65000, 3, 0});
    const Entries rest = without(good, width);
    late.insert(late.end(), rest.begin(), rest.end());
    late.insert(late.end(), {{tile_width, 3, 16}, {tile_height, 3, 16}, {width, 4, 1 << 27}});
    CHECK(has(refused(big, late), "134217728x16 pixels, more than data.max_pixels"));
    for (const std::uint16_t side : {width, height}) {
      CHECK(has(refused(big, with(with(good, {side, 3, 0}), {tile_width, 3, 16})), "an empty"));
    }
  }
}
