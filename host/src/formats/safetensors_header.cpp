#include "formats/safetensors.hpp"

#include "tandem/base/error.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace tandem::formats {
namespace {

[[noreturn]] void refuse(const std::string& origin, const std::string& what) {
  throw Error(ErrorKind::checkpoint,
              origin + ": not a valid safetensors file: " + what + "; fetch or save it again");
}

/// A text of the file's, for a message: nothing in it can steer a terminal or end the message.
std::string in_quotes(const std::string& text) {
  constexpr std::size_t most = 80;
  std::string shown = nlohmann::json(text.substr(0, most))
                          .dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  shown.front() = '\'';
  shown.back() = text.size() > most ? '~' : '\'';
  return shown;
}

// Where Tandem is stricter than the reference: a hostile header could otherwise ask for more memory
// than eight times its own size. NumPy has at most 64 dimensions.
constexpr std::size_t most_dimensions = 64;
constexpr std::size_t most_metadata = 10'000;
// The reference's JSON parser opens 127 objects and arrays within each other and no more.
constexpr std::size_t most_nested = 127;

/// Reads the header event by event, so that a hostile one costs no more memory than its tensors'
/// list. Names that come twice are for check_names to find. Expected:
/// { "__metadata__": {text: text}, NAME: {"dtype", "shape": […], "data_offsets": […]} }
class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(const std::string& origin) : origin_(origin) {}
  SafetensorsHeader take() { return std::move(header_); }

  bool null() override;
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
  void metadata_key(const string_t& name);
  void tensor_key(const string_t& name);
  void finish_tensor();
  void open_unknown();
  TensorInfo& tensor() { return header_.tensors.back(); }
  [[noreturn]] void refuse_here(const std::string& what) const {
    refuse(origin_, (where_.empty() ? "the header" : in_quotes(where_)) + " " + what);
  }

  const std::string& origin_;
  SafetensorsHeader header_;
  Place place_ = Place::outside;
  std::string where_;  // the key at the top that is being read
  std::string metadata_key_;
  bool has_metadata_ = false;
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

bool HeaderReader::null() {
  const bool no_metadata = place_ == Place::top && where_ == "__metadata__";
  return no_metadata || scalar("null");
}

bool HeaderReader::number_unsigned(number_unsigned_t value) {
  if (place_ == Place::shape) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      refuse_here("has a dimension that is too large");
    if (tensor().shape.size() == most_dimensions)
      refuse_here("has more than " + std::to_string(most_dimensions) + " dimensions");
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
  if (!type) refuse_here("has the element type " + in_quotes(value) + ", which is not supported");
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
      [[fallthrough]];
    case Place::unknown:
      open_unknown();
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

/// Two objects are around it: the header and the tensor.
void HeaderReader::open_unknown() {
  place_ = Place::unknown;
  if (++depth_ > most_nested - 2) refuse_here("holds lists within lists without end");
}

bool HeaderReader::start_array(std::size_t) {
  const bool field = place_ == Place::tensor;
  if (place_ == Place::unknown || (field && field_ == no_field)) return open_unknown(), true;
  if (!field || field_ == dtype_field) return scalar("a list");
  place_ = field_ == shape_field ? Place::shape : Place::offsets;
  return true;
}

bool HeaderReader::end_array() {
  if (place_ == Place::unknown && --depth_ > 0) return true;
  place_ = Place::tensor;
  return true;
}

bool HeaderReader::key(string_t& name) {
  if (place_ == Place::tensor) return tensor_key(name), true;
  if (place_ == Place::metadata) return metadata_key(name), true;
  if (place_ != Place::top) return true;
  where_ = name;
  if (where_ == "__metadata__" && std::exchange(has_metadata_, true)) refuse_here("comes twice");
  return true;
}

void HeaderReader::metadata_key(const string_t& name) {
  if (header_.metadata.size() == most_metadata)
    refuse_here("holds more than " + std::to_string(most_metadata) + " texts");
  if (!header_.metadata.emplace(metadata_key_ = name, "").second)
    refuse_here("holds " + in_quotes(name) + " twice");
}

void HeaderReader::tensor_key(const string_t& name) {
  field_ = name == "dtype"          ? dtype_field
           : name == "shape"        ? shape_field
           : name == "data_offsets" ? offsets_field
                                    : no_field;
  if (seen_ & field_) refuse_here("has " + in_quotes(name) + " twice");
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

void check_names(const std::vector<TensorInfo>& tensors, const std::string& origin) {
  std::vector<const std::string*> names;
  names.reserve(tensors.size());
  for (const TensorInfo& tensor : tensors) names.push_back(&tensor.name);
  std::sort(names.begin(), names.end(), [](auto* a, auto* b) { return *a < *b; });
  const auto twice =
      std::adjacent_find(names.begin(), names.end(), [](auto* a, auto* b) { return *a == *b; });
  if (twice != names.end()) refuse(origin, in_quotes(**twice) + " comes twice");
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
    const std::string name = in_quotes(tensor.name);
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
  check_names(header.tensors, origin);
  check_layout(header.tensors, data_bytes, origin);
  return header;
}

}  // namespace tandem::formats
