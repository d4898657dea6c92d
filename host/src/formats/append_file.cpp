#include "formats/append_file.hpp"

#include "formats/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tandem::formats {

AppendFile::AppendFile(std::filesystem::path path, Log& log)
    : path_(std::move(path)),
      log_(&log),
      descriptor_(
          ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666)) {
  if (descriptor_ < 0) throw write_error(path_, errno, 0);
}

AppendFile::~AppendFile() {
  ::close(descriptor_);
}

void AppendFile::write(std::string_view record) {
  const int error = append(record);
  if (error == 0 || std::exchange(reported_, true)) return;
  log_->warn(write_error(path_, error, record.size()).what(),
             " (the run goes on; a part of the file will be missing)");
}

std::uint64_t AppendFile::sync() {
  ::fdatasync(descriptor_);  // a log that a power cut shortens ends no run
  const off_t end = ::lseek(descriptor_, 0, SEEK_END);
  return end < 0 ? 0 : static_cast<std::uint64_t>(end);
}

int AppendFile::append(std::string_view bytes) {
  ssize_t written = 0;
  do written = ::write(descriptor_, bytes.data(), bytes.size());
  while (written < 0 && errno == EINTR);
  if (written < 0) return errno;
  if (static_cast<std::size_t>(written) == bytes.size()) return 0;
  // A torn record would spoil the next one too: take the part back.
  const off_t end = ::lseek(descriptor_, 0, SEEK_END);
  return ::ftruncate(descriptor_, end - written) == 0 ? ENOSPC : errno;
}

bool cut_file(const std::filesystem::path& path, std::uint64_t bytes) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return false;
  struct stat status {};
  const bool longer = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
                      static_cast<std::uint64_t>(status.st_size) >= bytes;
  const int error = longer && ::ftruncate(descriptor, static_cast<off_t>(bytes)) != 0 ? errno : 0;
  ::close(descriptor);
  if (error != 0) throw write_error(path, error, 0);
  return longer;
}

}  // namespace tandem::formats
