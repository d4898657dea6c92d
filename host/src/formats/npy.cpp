#include "formats/npy.hpp"

#include "tandem/base/error.hpp"

#include <charconv>
#include <cstring>
#include <string_view>

namespace tandem::formats {
namespace {

[[noreturn]] void fail(const std::string& reason) {
  throw Error(ErrorKind::data, "not a readable .npy file: " + reason);
}

/// Reads the Python dictionary that a header is, in any order of its keys.
class Dictionary {
 public:
  explicit Dictionary(std::string_view text) : text_(text) {}

  NpyHeader read() {
    NpyHeader header;
    int seen = 0;
    expect('{');
    while (!next_is('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr") {
        if (next_is('[')) fail("records of several fields cannot be read");
        header.type = string(), seen |= 1;
      } else if (key == "fortran_order") {
        header.fortran_order = boolean(), seen |= 2;
      } else if (key == "shape") {
        header.shape = numbers(), seen |= 4;
      } else {
        fail("its header has an unknown key '" + key + "'");
      }
      if (!next_is('}')) expect(',');
    }
    if (seen != 7) fail("its header lacks descr, fortran_order or shape");
    return header;
  }

 private:
  void skip_space() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n'))
      text_.remove_prefix(1);
  }

  bool next_is(char c) {
    skip_space();
    return !text_.empty() && text_.front() == c;
  }

  void expect(char c) {
    if (!next_is(c)) fail(std::string("its header lacks a '") + c + "'");
    text_.remove_prefix(1);
  }

  std::string string() {
    const char quote = next_is('"') ? '"' : '\'';
    expect(quote);
    const auto end = text_.find(quote);
    if (end == std::string_view::npos) fail("its header is cut off");
    std::string found(text_.substr(0, end));
    text_.remove_prefix(end + 1);
    return found;
  }

  bool boolean() {
    skip_space();
    for (const std::string_view word : {"True", "False"}) {
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return word == "True";
    }
    fail("its fortran_order is neither True nor False");
  }

  std::vector<std::int64_t> numbers() {
    std::vector<std::int64_t> found;
    expect('(');
    while (!next_is(')')) {
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
      if (error != std::errc() || value < 0) fail("its shape is none");
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      found.push_back(value);
      if (!next_is(')')) expect(',');
    }
    expect(')');
    return found;
  }

  std::string_view text_;
};

void check_count(const NpyHeader& header) {
  std::int64_t count = 1;
  for (const std::int64_t size : header.shape) {
    if (size > 0 && count > (std::int64_t{1} << 56) / size) fail("its shape is too large");
    count *= size;
  }
}

}  // namespace

std::int64_t NpyHeader::values() const {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

std::string npy_header(const std::string& type, std::span<const std::int64_t> shape) {
  std::string text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (";
  for (const std::int64_t size : shape) text += std::to_string(size) + ", ";
  text += "), }";
  constexpr std::size_t before = 10, alignment = 64;
  const std::size_t end = (before + text.size() + alignment) / alignment * alignment;
  text.resize(end - before, ' ');
  text.back() = '\n';
  std::string header = "\x93NUMPY\x01";
  header += '\0';
  header += static_cast<char>(text.size() & 0xff);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

NpyHeader parse_npy_header(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view magic = "\x93NUMPY";
  if (bytes.size() < 10 || std::memcmp(bytes.data(), magic.data(), magic.size()) != 0) {
    fail("it does not begin as one");
  }
  const int version = bytes[6];
  if (version < 1 || version > 3) fail("its version " + std::to_string(version) + " is unknown");
  const std::size_t begin = version == 1 ? 10 : 12;
  if (bytes.size() < begin) fail("its header is cut off");
  std::size_t length = bytes[8] | std::size_t{bytes[9]} << 8;
  if (version > 1) length |= std::size_t{bytes[10]} << 16 | std::size_t{bytes[11]} << 24;
  if (length > bytes.size() - begin) fail("its header is cut off or too long");
  const auto* text = reinterpret_cast<const char*>(bytes.data() + begin);
  NpyHeader header = Dictionary({text, length}).read();
  header.data_begin = static_cast<std::int64_t>(begin + length);
  check_count(header);
  return header;
}

}  // namespace tandem::formats
