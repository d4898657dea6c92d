#include "data/tar_file.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

namespace tandem::data {
namespace {

constexpr std::int64_t block = 512;
using Header = std::array<char, block>;

/// A field of characters that ends with its first zero, if it has one.
std::string_view field(const Header& header, std::size_t at, std::size_t size) {
  const std::string_view whole(header.data() + at, size);
  return whole.substr(0, whole.find('\0'));
}

/// Octal digits between spaces, or, where its highest bit is set, the rest as a binary number.
std::optional<std::int64_t> number(const Header& header, std::size_t at, std::size_t size) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(header[at + i]); };
  if (byte(0) == 0x80) {
    std::uint64_t value = 0;
    for (std::size_t i = 1; i < size; ++i) {
      if (value >> 54 != 0) return std::nullopt;
      value = value << 8 | byte(i);
    }
    return static_cast<std::int64_t>(value);
  }
  std::string_view digits = field(header, at, size);
  const auto begin = digits.find_first_not_of(' ');
  if (begin == std::string_view::npos) return 0;
  digits = digits.substr(begin, digits.find_last_not_of(' ') - begin + 1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0) {
    return std::nullopt;
  }
  return value;
}

/// The sum of all bytes, with those of the sum itself as spaces.
bool sum_fits(const Header& header) {
  constexpr std::size_t at = 148, size = 8;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < header.size(); ++i) {
    sum += i >= at && i < at + size ? ' ' : static_cast<unsigned char>(header[i]);
  }
  return number(header, at, size) == sum;
}

bool is_zero(const Header& header) {
  return std::all_of(header.begin(), header.end(), [](char c) { return c == 0; });
}

std::string name_in(const Header& header) {
  const std::string name(field(header, 0, 100));
  const bool ustar = std::string_view(header.data() + 257, 6) == std::string_view("ustar\0", 6);
  const std::string prefix(ustar ? field(header, 345, 155) : std::string_view());
  return prefix.empty() ? name : prefix + '/' + name;
}

class TarScan {
 public:
  TarScan(const RandomFile& file, const std::function<void(const TarMember&)>& take)
      : file_(file), take_(take) {}

  void run() {
    Header header;
    while (read_header(header)) {
      std::int64_t size = size_in(header);
      const char kind = header[156];
      if (long_size_ && (kind == '0' || kind == 0 || kind == '7')) size = *long_size_;
      check_end(size);
      member(header, kind, size);
      at_ += (size + block - 1) / block * block;
    }
  }

 private:
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw Error(ErrorKind::data, Log::join(file_.path().string(), ": ", parts...));
  }

  /// False at the archive's end, which is a block of zeros, or the file's.
  bool read_header(Header& header) {
    const std::size_t got = file_.read(at_, header.data(), header.size());
    if (got == 0 && at_ > 0) return false;
    const std::string_view begin(header.data(), got);
    if (at_ == 0 && (begin.starts_with("\x1f\x8b") || begin.starts_with("BZh") ||
                     begin.starts_with("\x28\xb5\x2f\xfd") ||
                     begin.starts_with("\xfd"
                                       "7zXZ"))) {
      fail("a compressed archive, which cannot be read at any place: unpack it to .tar");
    }
    if (got < header.size()) fail("cut off in the header at byte ", at_);
    if (is_zero(header)) return false;
    if (!sum_fits(header)) {
      fail(at_ == 0 ? "not a tar archive" : "damaged: no header where one is due, at byte ",
           at_ == 0 ? std::string() : std::to_string(at_));
    }
    at_ += block;
    return true;
  }

  std::int64_t size_in(const Header& header) const {
    const auto size = number(header, 124, 12);
    if (!size) fail("damaged: no size in the header at byte ", at_ - block);
    return *size;
  }

  void check_end(std::int64_t size) const {
    if (size > file_.size() - at_) {
      fail("cut off: the member at byte ", at_, " has ", size, " bytes, but only ",
           std::max<std::int64_t>(0, file_.size() - at_), " are left");
    }
  }

  void member(const Header& header, char kind, std::int64_t size) {
    switch (kind) {
      case 'L':
        long_name_ = text(size);
        long_name_.resize(std::min(long_name_.size(), long_name_.find('\0')));
        return;
      case 'x':
        return extended(text(size));
      case 'K':
      case 'g':
        return;
      case '0':
      case '7':
      case 0:
        take_({long_name_.empty() ? name_in(header) : std::move(long_name_), at_, size});
        break;
      default:
        break;
    }
    long_name_.clear();
    long_size_.reset();
  }

  std::string text(std::int64_t size) const {
    constexpr std::int64_t most = 1 << 20;
    if (size > most) fail("damaged: a name of ", size, " bytes at byte ", at_);
    std::string text(static_cast<std::size_t>(size), '\0');
    text.resize(file_.read(at_, text.data(), text.size()));
    return text;
  }

  /// Pax: records "LENGTH KEY=VALUE\n".
  void extended(std::string_view records) {
    while (!records.empty()) {
      std::size_t length = 0;
      const auto [end, error] =
          std::from_chars(records.data(), records.data() + records.size(), length);
      const auto digits = static_cast<std::size_t>(end - records.data());
      if (error != std::errc() || length <= digits + 1 || length > records.size()) {
        fail("damaged: an extended header that makes no sense, at byte ", at_);
      }
      const std::string_view record = records.substr(digits + 1, length - digits - 2);
      if (record.starts_with("path=")) long_name_ = record.substr(5);
      if (record.starts_with("size=")) long_size(record.substr(5));
      records.remove_prefix(length);
    }
  }

  void long_size(std::string_view text) {
    std::int64_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc() || size < 0) fail("damaged: an extended size at byte ", at_);
    long_size_ = size;
  }

  const RandomFile& file_;
  const std::function<void(const TarMember&)>& take_;
  std::int64_t at_ = 0;
  std::string long_name_;
  std::optional<std::int64_t> long_size_;
};

}  // namespace

void scan_tar(const RandomFile& file, const std::function<void(const TarMember&)>& take) {
  TarScan(file, take).run();
}

}  // namespace tandem::data
