#include "formats/tensor_type.hpp"

#include <array>

namespace tandem::formats {
namespace {

struct Row {
  std::string_view name;
  std::size_t size;
};

/// In the order of TensorType.
constexpr std::array<Row, 15> rows = {{{"BOOL", 1},
                                       {"U8", 1},
                                       {"I8", 1},
                                       {"F8_E5M2", 1},
                                       {"F8_E4M3", 1},
                                       {"I16", 2},
                                       {"U16", 2},
                                       {"F16", 2},
                                       {"BF16", 2},
                                       {"I32", 4},
                                       {"U32", 4},
                                       {"F32", 4},
                                       {"I64", 8},
                                       {"U64", 8},
                                       {"F64", 8}}};
static_assert(rows.size() == static_cast<std::size_t>(TensorType::f64) + 1);

const Row& row(TensorType type) {
  return rows[static_cast<std::size_t>(type)];
}

}  // namespace

std::string_view type_name(TensorType type) {
  return row(type).name;
}

std::size_t type_size(TensorType type) {
  return row(type).size;
}

std::optional<TensorType> parse_type(std::string_view name) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].name == name) return static_cast<TensorType>(i);
  return std::nullopt;
}

}  // namespace tandem::formats
