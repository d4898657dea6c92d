#include "formats/row_file.hpp"

#include "formats/disk.hpp"
#include "tandem/base/error.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tandem::formats {
namespace {

std::string padded(const std::string& identity) {
  std::string header = "tandem rows 1 " + identity;
  header.resize((header.size() + 64) / 64 * 64, ' ');
  header.back() = '\n';
  return header;
}

}  // namespace

RowFile::RowFile(std::filesystem::path path, const std::string& identity, std::int64_t width,
                 std::int64_t group)
    : path_(std::move(path)), header_(padded(identity)), width_(width) {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail();
  try {
    lock();
    keep_whole_groups(group);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

RowFile::~RowFile() {
  unmap();
  ::close(descriptor_);
}

void RowFile::unmap() {
  if (mapping_ != nullptr) ::munmap(std::exchange(mapping_, nullptr), mapped_);
}

void RowFile::lock() const {
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) fail();
  throw Error(ErrorKind::usage, path_.string() + " is in use by another process");
}

void RowFile::keep_whole_groups(std::int64_t group) {
  std::string found(header_.size(), '\0');
  const ssize_t read = ::pread(descriptor_, found.data(), found.size(), 0);
  if (read < 0) fail();
  found.resize(static_cast<std::size_t>(read));
  if (!header_.starts_with(found)) {
    throw Error(ErrorKind::usage, path_.string() +
                                      " was begun with other weights, pictures or settings; remove "
                                      "it, or name another file");
  }
  const auto row = static_cast<std::int64_t>(sizeof(float)) * width_;
  const auto header = static_cast<std::int64_t>(header_.size());
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) fail();
  const bool whole = found.size() == header_.size();
  rows_ = whole ? (status.st_size - header) / (row * group) * group : 0;
  const off_t end = whole ? header + rows_ * row : 0;
  if (::ftruncate(descriptor_, end) != 0 || ::lseek(descriptor_, end, SEEK_SET) < 0) fail();
  if (!whole) write(header_.data(), header_.size());
}

void RowFile::append(std::span<const float> values) {
  write(values.data(), values.size_bytes());
  rows_ += static_cast<std::int64_t>(values.size()) / width_;
}

std::span<float> RowFile::values() {
  const auto count = static_cast<std::size_t>(rows_ * width_);
  unmap();
  mapped_ = header_.size() + count * sizeof(float);
  void* mapping = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor_, 0);
  if (mapping == MAP_FAILED) fail();
  mapping_ = mapping;
  return {reinterpret_cast<float*>(static_cast<char*>(mapping_) + header_.size()), count};
}

void RowFile::remove() const {
  if (::unlink(path_.c_str()) != 0) fail();
}

void RowFile::write(const void* data, std::size_t bytes) {
  auto* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor_, from, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail();
    from += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

void RowFile::fail() const {
  throw write_error(path_, errno, 0);
}

}  // namespace tandem::formats
