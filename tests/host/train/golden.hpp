#pragma once

#include "catch.hpp"

#include "formats/safetensors.hpp"

#include <ATen/Functions.h>

#include <string>

/// One tensor of a file of golden vectors, float64 or int64.
inline at::Tensor golden_tensor(const tandem::formats::SafetensorsFile& file,
                                const std::string& name) {
  const auto* info = file.find(name);
  REQUIRE(info != nullptr);
  const bool whole = info->type == tandem::formats::TensorType::i64;
  auto tensor = at::empty(info->shape, whole ? at::kLong : at::kDouble);
  REQUIRE(static_cast<std::uint64_t>(tensor.nbytes()) == info->bytes());
  file.read(*info, tensor.mutable_data_ptr());
  return tensor;
}
