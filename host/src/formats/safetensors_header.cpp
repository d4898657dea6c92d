#include "formats/safetensors.hpp"

#include "tandem/base/error.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

namespace tandem::formats {
namespace {

[[noreturn]] void refuse(const std::string& origin, const std::string& what) {
  throw Error(ErrorKind::checkpoint,
              origin + ": not a valid safetensors file: " + what + "; fetch or save it again");
}

/// Reads the header event by event, so that a hostile one costs no more memory than its tensors'
/// list. Expected:
/// { "__metadata__": {text: text}, NAME: {"dtype", "shape": […], "data_offsets": […]} }
class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(const std::string& origin) : origin_(origin) {}
  SafetensorsHeader take() { return std::move(header_); }

  bool null() override { return scalar("null"); }
  bool boolean(bool) override { return scalar("a truth value"); }
  bool number_integer(number_integer_t) override { return scalar("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    return scalar("a fraction or a number too large");
  }
  bool binary(binary_t&) override { return scalar("binary data"); }
  bool number_unsigned(number_unsigned_t value) override;
  bool string(string_t& value) override;
  bool start_object(std::size_t) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool key(string_t& name) override;
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    refuse(origin_, "its header is no JSON at byte " + std::to_string(position));
  }

 private:
  enum class Place { outside, top, metadata, tensor, shape, offsets, unknown };
  enum Field : unsigned {
    no_field = 0,
    dtype_field = 1,
    shape_field = 2,
    offsets_field = 4,
    all_fields = 7
  };

  bool scalar(const char* what);
  void tensor_key(const string_t& name);
  void finish_tensor();
  TensorInfo& tensor() { return header_.tensors.back(); }
  [[noreturn]] void refuse_here(const std::string& what) const {
    refuse(origin_, (where_.empty() ? "the header" : "'" + where_ + "'") + " " + what);
  }

  const std::string& origin_;
  SafetensorsHeader header_;
  std::set<std::string, std::less<>> names_;
  Place place_ = Place::outside;
  std::string where_;  // the key at the top that is being read
  std::string metadata_key_;
  unsigned seen_ = no_field;   // of the tensor being read
  unsigned field_ = no_field;  // whose value comes next
  std::array<std::uint64_t, 2> offsets_{};
  std::size_t offset_count_ = 0;
  std::size_t depth_ = 0;  // inside the value of a field that the format does not know
};

bool HeaderReader::scalar(const char* what) {
  if (place_ == Place::unknown || (place_ == Place::tensor && field_ == no_field)) return true;
  refuse_here(std::string("holds ") + what + " where none may stand");
}

bool HeaderReader::number_unsigned(number_unsigned_t value) {
  if (place_ == Place::shape) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      refuse_here("has a dimension that is too large");
    tensor().shape.push_back(static_cast<std::int64_t>(value));
    return true;
  }
  if (place_ != Place::offsets) return scalar("a number");
  if (offset_count_ == 2) refuse_here("has more than two data_offsets");
  offsets_[offset_count_++] = value;
  return true;
}

bool HeaderReader::string(string_t& value) {
  if (place_ == Place::metadata) {
    header_.metadata[metadata_key_] = value;
    return true;
  }
  if (place_ != Place::tensor || field_ != dtype_field) return scalar("a text");
  const auto type = parse_type(value);
  if (!type)
    refuse_here("has the element type '" + value.substr(0, 20) + "', which is not supported");
  tensor().type = *type;
  return true;
}

bool HeaderReader::start_object(std::size_t) {
  switch (place_) {
    case Place::outside:
      place_ = Place::top;
      return true;
    case Place::top:
      place_ = where_ == "__metadata__" ? Place::metadata : Place::tensor;
      if (place_ == Place::tensor) header_.tensors.emplace_back().name = where_;
      return true;
    case Place::tensor:
      if (field_ != no_field) break;
      place_ = Place::unknown;
      [[fallthrough]];
    case Place::unknown:
      ++depth_;
      return true;
    default:
      break;
  }
  refuse_here("holds an object where none may stand");
}

bool HeaderReader::end_object() {
  switch (place_) {
    case Place::unknown:
      return end_array();
    case Place::tensor:
      finish_tensor();
      [[fallthrough]];
    case Place::metadata:
      place_ = Place::top;
      return true;
    default:
      place_ = Place::outside;
      return true;
  }
}

bool HeaderReader::start_array(std::size_t) {
  if (place_ == Place::unknown) return ++depth_, true;
  if (place_ != Place::tensor || field_ == dtype_field) return scalar("a list");
  if (field_ == no_field) depth_ = 1;
  place_ = field_ == shape_field     ? Place::shape
           : field_ == offsets_field ? Place::offsets
                                     : Place::unknown;
  return true;
}

bool HeaderReader::end_array() {
  if (place_ == Place::unknown && --depth_ > 0) return true;
  place_ = Place::tensor;
  return true;
}

bool HeaderReader::key(string_t& name) {
  if (place_ == Place::tensor) return tensor_key(name), true;
  if (place_ == Place::metadata && header_.metadata.count(name))
    refuse_here("holds '" + name + "' twice");
  if (place_ == Place::metadata) header_.metadata.emplace(metadata_key_ = name, "");
  if (place_ != Place::top) return true;
  where_ = name;
  if (!names_.insert(name).second) refuse_here("comes twice");
  return true;
}

void HeaderReader::tensor_key(const string_t& name) {
  field_ = name == "dtype"          ? dtype_field
           : name == "shape"        ? shape_field
           : name == "data_offsets" ? offsets_field
                                    : no_field;
  if (seen_ & field_) refuse_here("has '" + name + "' twice");
  seen_ |= field_;
}

void HeaderReader::finish_tensor() {
  if (seen_ != all_fields || offset_count_ != 2)
    refuse_here("lacks one of dtype, shape and two data_offsets");
  tensor().begin = offsets_[0];
  tensor().end = offsets_[1];
  seen_ = no_field;
  offset_count_ = 0;
}

/// The bytes that type and shape ask for; nothing where that overflows.
bool size_of(const TensorInfo& tensor, std::uint64_t& size) {
  size = type_size(tensor.type);
  std::uint64_t elements = 1;
  for (std::int64_t dimension : tensor.shape)
    if (__builtin_mul_overflow(elements, static_cast<std::uint64_t>(dimension), &elements))
      return false;
  return !__builtin_mul_overflow(size, elements, &size);
}

void check_layout(const std::vector<TensorInfo>& tensors, std::uint64_t data_bytes,
                  const std::string& origin) {
  std::uint64_t expected_begin = 0;
  for (const TensorInfo& tensor : tensors) {
    const std::string name = "'" + tensor.name + "'";
    if (tensor.begin != expected_begin || tensor.end < tensor.begin)
      refuse(origin, "the bytes of " + name + " leave a hole or overlap others");
    std::uint64_t size = 0;
    if (!size_of(tensor, size) || size != tensor.bytes())
      refuse(origin, name + " has " + std::to_string(tensor.bytes()) +
                         " bytes, which do not fit its shape");
    expected_begin = tensor.end;
  }
  if (expected_begin != data_bytes)
    refuse(origin, "it holds " + std::to_string(data_bytes) +
                       " bytes of tensors, its header tells of " + std::to_string(expected_begin));
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes,
                                           const std::string& origin) {
  if (json.empty() || json.front() != '{') refuse(origin, "its header does not start with '{'");
  // The parser would take a zero byte for the end and ignore what follows.
  if (json.find('\0') != std::string_view::npos) refuse(origin, "its header holds a zero byte");
  HeaderReader reader(origin);
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
  SafetensorsHeader header = reader.take();
  std::sort(header.tensors.begin(), header.tensors.end(),
            [](const TensorInfo& a, const TensorInfo& b) {
              return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
            });
  check_layout(header.tensors, data_bytes, origin);
  return header;
}

}  // namespace tandem::formats
