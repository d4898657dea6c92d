#include "run/run_folder.hpp"

#include "tandem/base/error.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace tandem::run {
namespace {

[[noreturn]] void cannot_make(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorKind::resource, "run folder " + path.string() + " cannot be written: " + why);
}

}  // namespace

RunFolder::RunFolder(std::filesystem::path path, bool overwrite) : path_(std::move(path)) {
  std::error_code error;
  made_ = std::filesystem::create_directories(path_, error);
  if (error) cannot_make(path_, error.message());
  lock();
  try {
    clear(overwrite);
  } catch (...) {
    ::close(lock_);
    throw;
  }
}

RunFolder::~RunFolder() {
  ::unlink(file(files::lock).c_str());
  ::close(lock_);
  // A run that wrote nothing leaves nothing; the call fails, as it should, on a folder with files.
  if (made_) ::rmdir(path_.c_str());
}

void RunFolder::lock() {
  lock_ = ::open(file(files::lock).c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (lock_ < 0) cannot_make(path_, std::strerror(errno));
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(lock_);
  throw Error(
      ErrorKind::usage,
      "run folder " + path_.string() +
          " is in use by another run; wait for it to end, or name another folder with --out");
}

void RunFolder::clear(bool overwrite) const {
  constexpr std::array written = {files::config, files::manifest, files::metrics,
                                  files::views,  files::backbone, files::objective};
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    if (entry.path().filename() == files::lock) continue;
    if (!overwrite) {
      ::unlink(file(files::lock).c_str());
      throw Error(
          ErrorKind::usage,
          "run folder " + path_.string() +
              " is not empty; name another with --out, or replace its run with --overwrite");
    }
  }
  for (const char* name : written) std::filesystem::remove(file(name));
}

std::string default_folder(const std::string& objective) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 32> stamp{};
  std::strftime(stamp.data(), stamp.size(), "%Y%m%d-%H%M%S", &local);
  return "runs/" + objective + "-" + stamp.data();
}

}  // namespace tandem::run
