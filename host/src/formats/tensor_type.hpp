#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::formats {

/// The element types of safetensors that have whole bytes.
enum class TensorType : std::uint8_t {
  boolean,
  u8,
  i8,
  f8_e5m2,
  f8_e4m3,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  i64,
  u64,
  f64
};

/// As the format spells it: "BOOL", "F32", "BF16", …
std::string_view type_name(TensorType type);
std::optional<TensorType> parse_type(std::string_view name);
/// Bytes of one element.
std::size_t type_size(TensorType type);

}  // namespace tandem::formats
