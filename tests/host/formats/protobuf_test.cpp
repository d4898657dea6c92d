#include "formats/protobuf.hpp"

#include "catch.hpp"

#include <cstdint>
#include <string>
#include <vector>

using tandem::formats::ProtobufMessage;

namespace {

std::string hex(const ProtobufMessage& message) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : message.encoded()) {
    if (!text.empty()) text += ' ';
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace

// The examples of protobuf.dev, "Encoding".
TEST_CASE("a message is encoded as the format's own documentation shows") {
  CHECK(hex(ProtobufMessage().integer(1, 150)) == "08 96 01");
  CHECK(hex(ProtobufMessage().bytes(2, "testing")) == "12 07 74 65 73 74 69 6e 67");
  CHECK(hex(ProtobufMessage().message(3, ProtobufMessage().integer(1, 150))) == "1a 03 08 96 01");
  const std::vector<std::int64_t> packed{3, 270, 86942};
  CHECK(hex(ProtobufMessage().integers(6, packed)) == "32 06 03 8e 02 9e a7 05");
  CHECK(hex(ProtobufMessage().integer(1, -2)) == "08 fe ff ff ff ff ff ff ff ff 01");
}

TEST_CASE("numbers are little-endian IEEE 754") {
  CHECK(hex(ProtobufMessage().real(1, 1.0)) == "09 00 00 00 00 00 00 f0 3f");
  CHECK(hex(ProtobufMessage().real32(2, -2.0F)) == "15 00 00 00 c0");
  const std::vector<double> packed{1.0};
  CHECK(hex(ProtobufMessage().reals(3, packed)) == "1a 08 00 00 00 00 00 00 f0 3f");
}
