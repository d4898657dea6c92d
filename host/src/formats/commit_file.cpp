#include "formats/crc32c.hpp"
#include "formats/sealed_folder.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <charconv>

namespace tandem::formats {
namespace {

constexpr std::string_view first_line = "tandem checkpoint 1\n";

/// The text up to a separator, which is taken too. False where there is none.
bool take(std::string_view& text, char separator, std::string_view& part) {
  const auto end = text.find(separator);
  if (end == std::string_view::npos) return false;
  part = text.substr(0, end);
  text.remove_prefix(end + 1);
  return true;
}

template <class Number>
bool read(std::string_view text, int base, Number& number) {
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number, base);
  return result.ec == std::errc() && result.ptr == end;
}

/// A name that stays in its folder.
bool is_plain(std::string_view name) {
  const auto bad = [](unsigned char c) { return c < ' ' || c == 0x7f || c == '/'; };
  return !name.empty() && name.front() != '.' && std::none_of(name.begin(), name.end(), bad);
}

}  // namespace

std::string commit_text(const std::vector<SealedFile>& files) {
  std::string text(first_line);
  for (const auto& [name, sum] : files) {
    if (!is_plain(name)) throw Error(ErrorKind::internal, "'" + name + "' is no file's plain name");
    text += std::to_string(sum.bytes) + ' ' + crc32c_text(sum.crc32c) + ' ' + name + '\n';
  }
  return text + "end " + crc32c_text(crc32c(text)) + '\n';
}

std::vector<SealedFile> parse_commit(std::string_view text, const std::string& origin) {
  const auto refuse = [&] { throw Error(ErrorKind::checkpoint, origin + " is damaged"); };
  const std::string_view whole = text;
  std::vector<SealedFile> files;
  if (!text.starts_with(first_line)) refuse();
  text.remove_prefix(first_line.size());
  while (!text.starts_with("end ")) {
    std::string_view bytes, sum, name;
    SealedFile file;
    if (!take(text, ' ', bytes) || !take(text, ' ', sum) || !take(text, '\n', name)) refuse();
    if (!read(bytes, 10, file.sum.bytes) || !read(sum, 16, file.sum.crc32c) || !is_plain(name))
      refuse();
    file.name = name;
    files.push_back(std::move(file));
  }
  // Each text has one spelling: what was read must be written so again.
  if (commit_text(files) != whole) refuse();
  return files;
}

}  // namespace tandem::formats
