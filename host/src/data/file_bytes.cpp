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

constexpr std::int64_t largest_file = std::int64_t{256} << 20;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& reason) {
  throw Error(ErrorKind::data, path.string() + ": " + reason);
}

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

}  // namespace

void read_bytes(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat status {};
  if (file.number < 0 || ::fstat(file.number, &status) != 0) fail(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) fail(path, "not a file");
  if (status.st_size > largest_file) {
    fail(path, Log::join("has ", status.st_size, " bytes, more than the ", largest_file,
                         " that a picture may have"));
  }
  bytes.resize(static_cast<std::size_t>(status.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file.number, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, std::strerror(errno));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
}

}  // namespace tandem::data
