#include "run/run_folder.hpp"

#include "checkpoint/store.hpp"
#include "formats/atomic_file.hpp"
#include "tandem/base/error.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace tandem::run {
namespace {

constexpr std::array written = {
    files::config,   files::manifest, files::metrics,   files::views,   files::tensorboard,
    files::backbone, files::best,     files::objective, files::gallery, files::report};

[[noreturn]] void cannot_make(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorKind::resource, "run folder " + path.string() + " cannot be written: " + why +
                                       "; name another with --out");
}

/// True for one of `names`, and for what is left of such a file after a kill.
bool belongs_to(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& ours) {
    return name == ours || (name.starts_with("." + ours + ".") && name.ends_with(".tmp"));
  });
}

/// What a kill left before there was a run: nobody's loss.
bool is_leftover(const std::string& name) {
  return name.starts_with(".") && belongs_to({written.begin(), written.end()}, name);
}

bool same_file(int descriptor, const std::filesystem::path& path) {
  struct stat open {
  }, named{};
  return ::fstat(descriptor, &open) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

std::filesystem::path parent_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

/// Where a name appears once `path` is made with all that leads to it.
std::vector<std::filesystem::path> growing_folders(std::filesystem::path path) {
  std::vector<std::filesystem::path> folders;
  std::error_code ignored;
  while (!std::filesystem::exists(path, ignored) && path != parent_of(path)) {
    path = parent_of(path);
    folders.push_back(path);
  }
  return folders;
}

/// Makes a folder so that a power cut does not take it from under what is synced into it. True
/// where there was none.
bool make_folder(const std::filesystem::path& path) {
  const auto growing = growing_folders(path);
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  if (error) cannot_make(path, error.message());
  for (const auto& folder : growing) formats::sync_folder(folder);  // failing, it costs no run
  return made;
}

}  // namespace

RunFolder::RunFolder(std::filesystem::path path, FolderUse use)
    : path_(std::move(path)), made_(make_folder(path_)) {
  lock();
  try {
    require_usable(use);
  } catch (...) {
    unlock();
    throw;
  }
}

RunFolder::~RunFolder() {
  unlock();
  // A run that wrote nothing leaves nothing; the call fails, as it should, on a folder with files.
  if (made_) ::rmdir(path_.c_str());
}

void RunFolder::lock() {
  while (!try_lock()) ::close(lock_);
}

/// False where the run before removed the lock's file between our opening and locking it.
bool RunFolder::try_lock() {
  const auto path = file(files::lock);
  // Following a link would make or lock a file anywhere.
  lock_ = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (lock_ < 0 && errno == ELOOP) cannot_make(path_, path.string() + " is a link to another file");
  if (lock_ < 0) cannot_make(path_, std::strerror(errno));
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return same_file(lock_, path);
  const int error = errno;
  ::close(lock_);
  if (error != EWOULDBLOCK) cannot_make(path_, std::strerror(error));
  throw Error(
      ErrorKind::usage,
      "run folder " + path_.string() +
          " is in use by another run; wait for it to end, or name another folder with --out");
}

void RunFolder::unlock() const {
  ::unlink(file(files::lock).c_str());
  ::close(lock_);
}

void RunFolder::require_usable(FolderUse use) {
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    const std::string name = entry.path().filename();
    fresh_ = fresh_ && (name == files::lock || is_leftover(name));
  }
  if (fresh_ || (use != FolderUse::fresh && std::filesystem::exists(file(files::manifest)))) return;
  const std::string who = "run folder " + path_.string() + " is not empty";
  switch (use) {
    case FolderUse::overwrite:
      throw Error(ErrorKind::usage, who +
                                        " and holds no run, and --overwrite replaces nothing but "
                                        "runs; name another with --out");
    case FolderUse::resume:
      throw Error(ErrorKind::usage,
                  who + " and holds no run to resume; name that run's folder with --out");
    case FolderUse::fresh:
      throw Error(ErrorKind::usage,
                  who +
                      "; go on with its run with --resume, replace it with --overwrite, or name "
                      "another folder with --out");
  }
}

void RunFolder::discard() const {
  if (!fresh_) return;
  remove({written.begin(), written.end()});
  remove_checkpoints();
}

void RunFolder::remove_checkpoints() const {
  checkpoint::Store(file(files::checkpoints)).clear();
  checkpoint::Store(file(files::replay)).clear();
}

void RunFolder::remove_results() const {
  remove({files::metrics, files::tensorboard, files::backbone, files::best, files::objective,
          files::gallery, files::report});
  remove_checkpoints();
  remove_leftovers();
}

void RunFolder::remove_leftovers() const {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    if (is_leftover(entry.path().filename())) std::filesystem::remove(entry.path(), error);
  }
}

void RunFolder::remove(const std::vector<std::string>& names) const {
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    if (!belongs_to(names, entry.path().filename().string())) continue;
    std::error_code error;
    std::filesystem::remove(entry.path(), error);
    if (error) cannot_make(path_, error.message());
  }
}

std::string default_folder(const std::string& objective) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 32> stamp{};
  std::strftime(stamp.data(), stamp.size(), "%Y%m%d-%H%M%S", &local);
  const std::string name = "runs/" + objective + "-" + stamp.data();
  std::string free = name;
  for (int n = 2; std::filesystem::exists(free); ++n) free = name + "-" + std::to_string(n);
  return free;
}

}  // namespace tandem::run
