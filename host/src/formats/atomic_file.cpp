#include "formats/atomic_file.hpp"

#include "formats/crc32c.hpp"
#include "formats/disk.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace tandem::formats {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// Never one that exists: another process may be writing the same file.
std::pair<fs::path, int> open_temporary(const fs::path& path) {
  const std::string stem = "." + path.filename().string() + "." + std::to_string(::getpid()) + "-";
  for (int n = 0;; ++n) {
    fs::path candidate = folder_of(path) / (stem + std::to_string(n) + ".tmp");
    const int descriptor = ::open(candidate.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0 || errno != EEXIST) return {std::move(candidate), descriptor};
  }
}

}  // namespace

AtomicFile::AtomicFile(fs::path path, std::uint64_t expected_bytes)
    : path_(std::move(path)), expected_(expected_bytes) {
  auto [temporary, descriptor] = open_temporary(path_);
  if (descriptor < 0) fail(errno);
  temporary_ = std::move(temporary);
  descriptor_ = descriptor;
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  constexpr std::size_t at_once = std::size_t{1} << 30;  // Linux writes at most 2 GiB in one call
  auto* from = static_cast<const char*>(data);
  written_.bytes += bytes;
  written_.crc32c = crc32c({from, bytes}, written_.crc32c);
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor_, from, std::min(bytes, at_once));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(errno);
    from += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

FileSum AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail(errno);
  if (::close(std::exchange(descriptor_, -1)) != 0) fail(errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
  temporary_.clear();
  if (const int error = sync_folder(folder_of(path_))) fail(error);
  return written_;
}

void AtomicFile::fail(int error) const {
  throw write_error(path_, error, expected_);
}

FileSum write_file(const fs::path& path, std::string_view content) {
  AtomicFile file(path, content.size());
  file.write(content);
  return file.commit();
}

int sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  const int error = ::fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno;
  ::close(descriptor);
  return error;
}

}  // namespace tandem::formats
