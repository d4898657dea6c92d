#include "formats/sealed_folder.hpp"

#include "formats/crc32c.hpp"
#include "formats/disk.hpp"
#include "tandem/base/error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <system_error>
#include <utility>

namespace tandem::formats {
namespace {

namespace fs = std::filesystem;

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// A name beside `path` that nobody else uses.
fs::path temporary_name(const fs::path& path, int n) {
  return parent_of(path) / ("." + path.filename().string() + "." + std::to_string(::getpid()) +
                            "-" + std::to_string(n) + ".tmp");
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The name that a temporary one (AtomicFile's too) was to become; nothing where it is none.
std::optional<std::string> name_behind(std::string_view temporary) {
  constexpr std::string_view end = ".tmp";
  if (!temporary.starts_with('.') || !temporary.ends_with(end) || temporary.size() <= end.size())
    return std::nullopt;
  const auto inner = temporary.substr(1, temporary.size() - 1 - end.size());
  const auto dash = inner.rfind('-'), dot = inner.rfind('.', dash);
  if (dash == std::string_view::npos || dot == std::string_view::npos ||
      !is_number(inner.substr(dot + 1, dash - dot - 1)) || !is_number(inner.substr(dash + 1)))
    return std::nullopt;
  return std::string(inner.substr(0, dot));
}

fs::path make_temporary(const fs::path& path, std::uint64_t expected) {
  for (int n = 0;; ++n) {
    auto candidate = temporary_name(path, n);
    if (::mkdir(candidate.c_str(), 0777) == 0) return candidate;
    if (errno != EEXIST) throw write_error(path, errno, expected);
  }
}

void sync_parent(const fs::path& path, std::uint64_t expected) {
  if (const int error = sync_folder(parent_of(path))) throw write_error(path, error, expected);
}

/// A file that is read from begin to end; never through a link, and without waiting for a pipe.
class Input {
 public:
  /// A file that is there and cannot be opened, for want of a right or of descriptors, is not
  /// damaged: Error(resource).
  explicit Input(const fs::path& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) {
    if (descriptor_ >= 0 || errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return;
    throw Error(ErrorKind::resource,
                "cannot open " + path.string() + ": " + std::generic_category().message(errno));
  }
  ~Input() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  bool is_file() const {
    struct stat status {};
    return descriptor_ >= 0 && ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  }
  /// The next bytes, none at the end; false where they cannot be read.
  bool next(std::string& bytes) {
    bytes.resize(std::size_t{1} << 18);
    ssize_t read = 0;
    do read = ::read(descriptor_, bytes.data(), bytes.size());
    while (read < 0 && errno == EINTR);
    bytes.resize(read < 0 ? 0 : static_cast<std::size_t>(read));
    return read >= 0;
  }

 private:
  int descriptor_;
};

[[noreturn]] void damaged(const fs::path& file, const std::string& what) {
  throw Error(ErrorKind::checkpoint, file.string() + " " + what);
}

/// COMMIT names a handful of files: a longer one is none.
std::string read_commit(const fs::path& path) {
  constexpr std::size_t longest = 1 << 16;
  Input input(path);
  if (!input.is_file()) damaged(path, "is missing");
  std::string text, part;
  do {
    if (!input.next(part)) damaged(path, "cannot be read");
    text += part;
  } while (!part.empty() && text.size() <= longest);
  if (text.size() > longest) damaged(path, "is damaged");
  return text;
}

void verify(const fs::path& path, const FileSum& expected) {
  Input input(path);
  if (!input.is_file()) damaged(path, "is missing");
  FileSum found;
  std::string part;
  do {
    if (!input.next(part)) damaged(path, "cannot be read");
    found.bytes += part.size();
    found.crc32c = crc32c(part, found.crc32c);
  } while (!part.empty() && found.bytes <= expected.bytes);
  if (found.bytes != expected.bytes)
    damaged(path, "is damaged: it is not " + std::to_string(expected.bytes) + " bytes long");
  if (found.crc32c != expected.crc32c) damaged(path, "is damaged: its checksum differs");
}

}  // namespace

SealedFolder::SealedFolder(fs::path path, std::uint64_t expected_bytes)
    : path_(std::move(path)),
      temporary_(make_temporary(path_, expected_bytes)),
      expected_(expected_bytes) {}

SealedFolder::~SealedFolder() {
  if (temporary_.empty()) return;
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

void SealedFolder::write(const std::string& name, std::string_view content) {
  add(name, write_file(file(name), content));
}

std::uint64_t SealedFolder::seal() {
  const std::string commit = commit_text(files_);
  write_file(file(commit_name), commit);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw write_error(path_, errno, expected_);
  temporary_.clear();
  sync_parent(path_, expected_);
  std::uint64_t bytes = commit.size();
  for (const auto& file : files_) bytes += file.sum.bytes;
  return bytes;
}

std::vector<SealedFile> verify_folder(const fs::path& folder) {
  const auto commit = folder / commit_name;
  auto files = parse_commit(read_commit(commit), commit.string());
  for (const auto& file : files) verify(folder / file.name, file.sum);
  return files;
}

void remove_folder(const fs::path& folder) {
  auto unseen = folder;
  if (!folder.filename().string().starts_with(".")) {
    for (int n = 0;; ++n) {
      unseen = temporary_name(folder, n);
      if (::rename(folder.c_str(), unseen.c_str()) == 0) break;
      if (errno != EEXIST && errno != ENOTEMPTY) throw write_error(folder, errno, 0);
    }
  }
  std::error_code error;
  fs::remove_all(unseen, error);
  if (error) throw write_error(unseen, error.value(), 0);
}

void remove_leftovers(const fs::path& folder,
                      const std::function<bool(const std::string& name)>& ours) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto name = name_behind(entry.path().filename().string());
    if (!name || !ours(*name)) continue;
    fs::remove_all(entry.path(), error);
    if (error) throw write_error(entry.path(), error.value(), 0);
  }
}

void replace_link(const fs::path& link, const std::string& target) {
  if (fs::symlink_status(link).type() == fs::file_type::directory) remove_folder(link);
  for (int n = 0;; ++n) {
    const auto temporary = temporary_name(link, n);
    if (::symlink(target.c_str(), temporary.c_str()) == 0) {
      if (::rename(temporary.c_str(), link.c_str()) == 0) return sync_parent(link, 0);
      const int error = errno;
      ::unlink(temporary.c_str());
      throw write_error(link, error, 0);
    }
    if (errno != EEXIST) throw write_error(link, errno, 0);
  }
}

void copy_file(const fs::path& from, const fs::path& to) {
  Input input(from);
  if (!input.is_file()) damaged(from, "is missing");
  AtomicFile file(to, fs::file_size(from));
  std::string part;
  do {
    if (!input.next(part)) damaged(from, "cannot be read");
    file.write(part);
  } while (!part.empty());
  file.commit();
}

}  // namespace tandem::formats
