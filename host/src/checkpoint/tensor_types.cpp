#include "checkpoint/tensor_types.hpp"

#include "tandem/base/error.hpp"

#include <array>
#include <string>
#include <utility>

namespace tandem::checkpoint {
namespace {

using formats::TensorType;

constexpr std::array<std::pair<TensorType, at::ScalarType>, 15> pairs = {
    {{TensorType::boolean, at::kBool},
     {TensorType::u8, at::kByte},
     {TensorType::i8, at::kChar},
     {TensorType::f8_e5m2, at::kFloat8_e5m2},
     {TensorType::f8_e4m3, at::kFloat8_e4m3fn},
     {TensorType::i16, at::kShort},
     {TensorType::u16, at::ScalarType::UInt16},
     {TensorType::f16, at::kHalf},
     {TensorType::bf16, at::kBFloat16},
     {TensorType::i32, at::kInt},
     {TensorType::u32, at::ScalarType::UInt32},
     {TensorType::f32, at::kFloat},
     {TensorType::i64, at::kLong},
     {TensorType::u64, at::ScalarType::UInt64},
     {TensorType::f64, at::kDouble}}};

}  // namespace

TensorType file_type(at::ScalarType type) {
  for (const auto& [file, scalar] : pairs)
    if (scalar == type) return file;
  throw Error(ErrorKind::internal,
              std::string("safetensors cannot hold tensors of type ") + at::toString(type));
}

at::ScalarType scalar_type(TensorType type) {
  for (const auto& [file, scalar] : pairs)
    if (file == type) return scalar;
  throw Error(ErrorKind::internal, "a tensor type without a counterpart in LibTorch");
}

}  // namespace tandem::checkpoint
