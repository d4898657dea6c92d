#pragma once

#include "formats/tensor_type.hpp"

#include <c10/core/ScalarType.h>

namespace tandem::checkpoint {

/// Throws Error(internal) for a type that safetensors cannot hold.
formats::TensorType file_type(at::ScalarType type);
at::ScalarType scalar_type(formats::TensorType type);

}  // namespace tandem::checkpoint
