#include "formats/disk.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace tandem::formats {
namespace {

namespace fs = std::filesystem;

std::string full_message(const fs::path& path, int error, std::uint64_t needed) {
  std::string text = "cannot write " + path.string() + ": ";
  text += error == EFBIG ? "the file-size limit is reached" : "the disk or quota is full";
  if (needed > 0)
    text += "; it needs " + std::to_string(needed) + " bytes (" + human_bytes(needed) + ")";
  std::error_code failed;
  const fs::space_info space = fs::space(path.has_parent_path() ? path.parent_path() : ".", failed);
  if (!failed && error != EFBIG) text += ", " + human_bytes(space.available) + " are free";
  return text + (error == EFBIG ? "; raise the limit (ulimit -f)" : "; free some space") +
         " or choose another folder";
}

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  constexpr std::array units = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.95 && unit + 1 < units.size(); ++unit) value /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", value, units[unit]);
  return text.data();
}

Error write_error(const fs::path& path, int error, std::uint64_t needed) {
  if (error == ENOSPC || error == EDQUOT || error == EFBIG)
    return Error(ErrorKind::resource, full_message(path, error, needed));
  return Error(ErrorKind::resource, "cannot write " + path.string() + ": " +
                                        std::generic_category().message(error) +
                                        "; check that its folder exists and may be written to");
}

}  // namespace tandem::formats
