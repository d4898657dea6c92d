#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tandem::formats {

/// A message in Protocol Buffers' wire format (protobuf.dev, "Encoding"), written field by field in
/// the order of the calls: as much of it as TensorBoard's events and ONNX need. Who writes a
/// message knows its fields' numbers and types; nothing here checks them.
class ProtobufMessage {
 public:
  /// int32, int64, uint64, bool or an enum. Negative numbers take ten bytes, as the format wants.
  ProtobufMessage& integer(int field, std::int64_t value);
  ProtobufMessage& real(int field, double value);             ///< a `double`
  ProtobufMessage& real32(int field, float value);            ///< a `float`
  ProtobufMessage& bytes(int field, std::string_view value);  ///< `string` or `bytes`
  ProtobufMessage& message(int field, const ProtobufMessage& value);
  ProtobufMessage& integers(int field, std::span<const std::int64_t> values);  ///< repeated, packed
  ProtobufMessage& reals(int field, std::span<const double> values);           ///< likewise

  const std::string& encoded() const { return encoded_; }

 private:
  void tag(int field, int wire_type);
  std::string encoded_;
};

}  // namespace tandem::formats
