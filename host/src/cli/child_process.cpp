#include "cli/child_process.hpp"

#include "cli/process.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace tandem::cli {
namespace {

constexpr const char* program = "/proc/self/exe";

void require(int error) {
  if (error == 0) return;
  throw Error(ErrorKind::resource,
              Log::join("cannot start a process for a run: ", std::strerror(error)));
}

/// What a child is started with.
class Attributes {
 public:
  Attributes() {
    require(::posix_spawnattr_init(&attributes_));
    require(::posix_spawn_file_actions_init(&files_));
    const sigset_t blocked = blocked_in_background();
    require(::posix_spawnattr_setsigmask(&attributes_, &blocked));
    require(::posix_spawnattr_setpgroup(&attributes_, 0));
    require(
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK));
    require(::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
    require(::posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0));
  }
  ~Attributes() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  pid_t start(std::vector<char*> words) const {
    pid_t id = 0;
    require(::posix_spawn(&id, program, &files_, &attributes_, words.data(), environ));
    return id;
  }

 private:
  posix_spawnattr_t attributes_;
  posix_spawn_file_actions_t files_;
};

/// The status of a child that has ended. Polls, since the threads of LibTorch may be the ones that
/// a signal interrupts.
int wait_for(pid_t id) {
  constexpr useconds_t pause = 20'000;
  bool handed_on = false;
  for (int status = 0;; ::usleep(pause)) {
    const pid_t gone = ::waitpid(id, &status, WNOHANG);
    if (gone == id) return status;
    if (gone < 0 && errno != EINTR) require(errno);
    const int signal = signal_exit_code() - 128;
    if (signal <= 0 || handed_on) continue;
    ::kill(id, signal);
    handed_on = true;
  }
}

}  // namespace

int run_child(const Strings& words) {
  ::signal(SIGCHLD, SIG_DFL);
  Strings all{"tandem"};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> pointers;
  for (std::string& word : all) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const pid_t id = Attributes().start(std::move(pointers));
  set_child(id);
  const int status = wait_for(id);
  set_child(0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace tandem::cli
