#include "formats/protobuf.hpp"

#include <bit>

namespace tandem::formats {
namespace {

enum WireType { varint = 0, fixed64 = 1, delimited = 2, fixed32 = 5 };

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(0x80 | (value & 0x7f)));
  out.push_back(static_cast<char>(value));
}

template <class Bits>
void append_fixed(std::string& out, Bits bits) {
  for (std::size_t i = 0; i < sizeof bits; ++i) out.push_back(static_cast<char>(bits >> (8 * i)));
}

}  // namespace

void ProtobufMessage::tag(int field, int wire_type) {
  append_varint(encoded_,
                static_cast<std::uint64_t>(field) << 3 | static_cast<unsigned>(wire_type));
}

ProtobufMessage& ProtobufMessage::integer(int field, std::int64_t value) {
  tag(field, varint);
  append_varint(encoded_, static_cast<std::uint64_t>(value));
  return *this;
}

ProtobufMessage& ProtobufMessage::real(int field, double value) {
  tag(field, fixed64);
  append_fixed(encoded_, std::bit_cast<std::uint64_t>(value));
  return *this;
}

ProtobufMessage& ProtobufMessage::real32(int field, float value) {
  tag(field, fixed32);
  append_fixed(encoded_, std::bit_cast<std::uint32_t>(value));
  return *this;
}

ProtobufMessage& ProtobufMessage::bytes(int field, std::string_view value) {
  tag(field, delimited);
  append_varint(encoded_, value.size());
  encoded_.append(value);
  return *this;
}

ProtobufMessage& ProtobufMessage::message(int field, const ProtobufMessage& value) {
  return bytes(field, value.encoded_);
}

ProtobufMessage& ProtobufMessage::integers(int field, std::span<const std::int64_t> values) {
  std::string packed;
  for (const auto value : values) append_varint(packed, static_cast<std::uint64_t>(value));
  return bytes(field, packed);
}

ProtobufMessage& ProtobufMessage::reals(int field, std::span<const double> values) {
  std::string packed;
  for (const double value : values) append_fixed(packed, std::bit_cast<std::uint64_t>(value));
  return bytes(field, packed);
}

}  // namespace tandem::formats
