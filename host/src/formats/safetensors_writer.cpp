#include "formats/safetensors.hpp"

#include "formats/crc32c.hpp"
#include "tandem/base/error.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <set>

namespace tandem::formats {
namespace {

using Order = std::vector<const TensorView*>;

bool is_utf8(const std::string& text) {
  try {
    return nlohmann::json(text).dump(), true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

void check(const TensorView& tensor, std::set<std::string_view>& names) {
  const std::string who = "cannot write the tensor '" + tensor.name + "': ";
  if (tensor.name.empty() || tensor.name == "__metadata__" || !is_utf8(tensor.name))
    throw Error(ErrorKind::internal, who + "not a name that the format allows");
  if (!names.insert(tensor.name).second)
    throw Error(ErrorKind::internal, who + "another has the same name");
  std::size_t bytes = type_size(tensor.type);
  for (std::int64_t dimension : tensor.shape) bytes *= static_cast<std::size_t>(dimension);
  if (bytes != tensor.bytes)
    throw Error(ErrorKind::internal, who + std::to_string(tensor.bytes) +
                                         " bytes given, its shape needs " + std::to_string(bytes));
}

Order order_of(std::span<const TensorView> tensors) {
  Order order;
  std::set<std::string_view> names;
  for (const TensorView& tensor : tensors) {
    check(tensor, names);
    order.push_back(&tensor);
  }
  std::stable_sort(order.begin(), order.end(), [](const TensorView* a, const TensorView* b) {
    return type_size(a->type) > type_size(b->type);
  });
  return order;
}

/// A pass over the data of its own, since the header stands in front of it.
std::string checksum_of(const Order& order) {
  std::uint32_t sum = 0;
  for (const TensorView* tensor : order)
    sum = crc32c({static_cast<const char*>(tensor->data), tensor->bytes}, sum);
  return crc32c_text(sum);
}

/// Padded with spaces, so that the tensors start at a multiple of eight.
std::string header_of(const Order& order, Metadata metadata, std::uint64_t& data_bytes) {
  metadata[checksum_key] = checksum_of(order);
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  header["__metadata__"] = metadata;
  data_bytes = 0;
  for (const TensorView* tensor : order) {
    const std::uint64_t begin = data_bytes;
    data_bytes += tensor->bytes;
    header[tensor->name] = {{"dtype", type_name(tensor->type)},
                            {"shape", tensor->shape},
                            {"data_offsets", {begin, data_bytes}}};
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace

FileSum write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                          const Metadata& metadata) {
  const Order order = order_of(tensors);
  std::uint64_t data_bytes = 0;
  const std::string header = header_of(order, metadata, data_bytes);
  const auto size = std::bit_cast<std::array<char, 8>>(static_cast<std::uint64_t>(header.size()));
  AtomicFile file(path, size.size() + header.size() + data_bytes);
  file.write(size.data(), size.size());
  file.write(header);
  for (const TensorView* tensor : order) file.write(tensor->data, tensor->bytes);
  return file.commit();
}

}  // namespace tandem::formats
