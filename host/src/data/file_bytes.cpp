#include "data/file_bytes.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace tandem::data {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& reason) {
  throw Error(ErrorKind::data, path.string() + ": " + reason);
}

}  // namespace

RandomFile::RandomFile(std::filesystem::path path)
    // Not to wait for a writer where the path is a pipe's, which is refused below.
    : path_(std::move(path)), number_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  struct stat status {};
  if (number_ < 0) fail(path_, std::strerror(errno));
  const bool known = ::fstat(number_, &status) == 0;
  const std::string reason = known ? "not a file" : std::strerror(errno);
  if (!known || !S_ISREG(status.st_mode)) {
    ::close(number_);
    fail(path_, reason);
  }
  size_ = status.st_size;
}

RandomFile::~RandomFile() {
  ::close(number_);
}

std::size_t RandomFile::read(std::int64_t offset, void* to, std::size_t count) const {
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got = ::pread(number_, static_cast<char*>(to) + done, count - done,
                                offset + static_cast<std::int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path_, std::strerror(errno));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

int RandomFile::duplicate() const {
  const int copy = ::fcntl(number_, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw Error(ErrorKind::resource, path_.string() + ": " + std::strerror(errno));
  return copy;
}

bool is_named(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  return std::filesystem::exists(status) && !std::filesystem::is_directory(status);
}

void read_bytes(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes) {
  const RandomFile file(path);
  if (file.size() > largest_picture_file) {
    fail(path, Log::join("has ", file.size(), " bytes, more than the ", largest_picture_file,
                         " that a picture may have"));
  }
  bytes.resize(static_cast<std::size_t>(file.size()));
  bytes.resize(file.read(0, bytes.data(), bytes.size()));
}

}  // namespace tandem::data
