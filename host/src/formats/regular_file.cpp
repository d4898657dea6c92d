#include "formats/regular_file.hpp"

#include "formats/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace tandem::formats {
namespace {

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

}  // namespace

RegularFile::RegularFile(std::filesystem::path path, ErrorKind kind)
    : path_(std::move(path)),
      kind_(kind),
      // Not to wait for a writer where the path is a pipe's, which is refused below.
      descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (descriptor_ < 0) fail(reason_of(errno));
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) {
    size_ = static_cast<std::uint64_t>(status.st_size);
    return;
  }
  ::close(descriptor_);
  fail("it is no regular file");
}

RegularFile::~RegularFile() {
  ::close(descriptor_);
}

std::size_t RegularFile::read(char* to, std::size_t count) {
  ssize_t got = 0;
  do got = ::read(descriptor_, to, count);
  while (got < 0 && errno == EINTR);
  if (got < 0) fail(reason_of(errno));
  return static_cast<std::size_t>(got);
}

void RegularFile::fail(const std::string& reason) const {
  throw Error(kind_, "cannot read " + path_.string() + ": " + reason);
}

std::string read_small_file(const std::filesystem::path& path, std::uint64_t most_bytes,
                            ErrorKind kind) {
  RegularFile file(path, kind);
  if (file.size() > most_bytes) {
    file.fail("it has " + human_bytes(file.size()) + ", and such a file has at most " +
              human_bytes(most_bytes));
  }
  std::string text(static_cast<std::size_t>(file.size()), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const std::size_t got = file.read(text.data() + done, text.size() - done);
    if (got == 0) break;  // it was cut meanwhile
    done += got;
  }
  text.resize(done);
  return text;
}

FileLines::Found FileLines::next(std::string& line) {
  line.clear();
  bool too_long = false;
  for (;;) {
    const std::size_t end = part_.find('\n', at_);
    const auto more = std::string_view(part_).substr(at_, end - at_);
    too_long = too_long || line.size() + more.size() > longest;
    too_long ? line.clear() : static_cast<void>(line += more);
    at_ += more.size();
    if (end != std::string::npos) {
      ++at_;
      return too_long ? Found::too_long : Found::line;
    }
    if (refill()) continue;
    if (too_long) return Found::too_long;
    return line.empty() ? Found::end : Found::unfinished;
  }
}

bool FileLines::refill() {
  part_.resize(std::size_t{1} << 18);
  part_.resize(file_.read(part_.data(), part_.size()));
  at_ = 0;
  return !part_.empty();
}

}  // namespace tandem::formats
