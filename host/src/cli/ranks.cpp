#include "cli/ranks.hpp"

#include "cli/process.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"
#include "train/process_group.hpp"

#include <c10/util/Logging.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace tandem::cli {
namespace {

const char* variable(const char* name) {
  return std::getenv(name);
}

std::vector<char*> pointers(Strings& words) {
  std::vector<char*> list;
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

/// The environment of a rank: this process's, and what a launcher sets.
Strings environment_of(int rank, int ranks, int port) {
  const std::string size = std::to_string(ranks);
  Strings set = {"RANK=" + std::to_string(rank),
                 "LOCAL_RANK=" + std::to_string(rank),
                 "WORLD_SIZE=" + size,
                 "LOCAL_WORLD_SIZE=" + size,
                 "MASTER_ADDR=127.0.0.1",
                 "MASTER_PORT=" + std::to_string(port),
                 "TORCHELASTIC_USE_AGENT_STORE=True",
                 "TORCHELASTIC_RESTART_COUNT=0"};
  const auto is_set = [&](const std::string& other) {
    const std::string name = other.substr(0, other.find('=') + 1);
    return std::any_of(set.begin(), set.begin() + 8,
                       [&](const std::string& own) { return own.starts_with(name); });
  };
  for (char** other = environ; *other != nullptr; ++other)
    if (!is_set(*other)) set.emplace_back(*other);
  return set;
}

pid_t start(Strings words, Strings environment) {
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  const sigset_t blocked = blocked_in_background();
  ::posix_spawnattr_setsigmask(&attributes, &blocked);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  pid_t id = 0;
  const int error = ::posix_spawn(&id, "/proc/self/exe", &files, &attributes,
                                  pointers(words).data(), pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (error == 0) return id;
  throw Error(ErrorKind::resource,
              Log::join("cannot start a process for a rank: ", std::strerror(error)));
}

void hand_on(const std::vector<pid_t>& ids, int signal) {
  for (const pid_t id : ids) ::kill(id, signal);
}

/// What is done, in time, to ranks that do not end though another has failed: one that hangs or
/// loops would never, and the others know within seconds.
class Remains {
 public:
  void note_failure() {
    if (!failed_) failed_ = Clock::now();
  }
  void hurry(const std::vector<pid_t>& ids) {
    if (!failed_) return;
    const auto time = Clock::now() - *failed_;
    if (time > std::chrono::seconds(15) && !std::exchange(asked_, true)) hand_on(ids, SIGTERM);
    if (time > std::chrono::seconds(30)) hand_on(ids, SIGKILL);
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::optional<Clock::time_point> failed_;
  bool asked_ = false;
};

/// Takes those that have ended out of the list; gives the exit codes of their failures.
std::vector<int> take_ended(std::vector<pid_t>& ids) {
  std::vector<int> failures;
  for (auto id = ids.begin(); id != ids.end();) {
    int status = 0;
    const pid_t gone = ::waitpid(*id, &status, WNOHANG);
    if (gone == 0 || (gone < 0 && errno == EINTR)) {
      ++id;
      continue;
    }
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (code != 0) failures.push_back(code);
    id = ids.erase(id);
  }
  return failures;
}

/// Waits for all; polls, since any of LibTorch's threads may be given a signal or a child's end.
int wait_for(std::vector<pid_t> ids) {
  int first_failure = 0;
  bool handed_on = false;
  Remains remains;
  while (!ids.empty()) {
    for (const int code : take_ended(ids)) {
      if (first_failure == 0) first_failure = code;
      if (code != signal_exit_code()) remains.note_failure();
    }
    const int signal = signal_exit_code() - 128;
    if (signal > 0 && !std::exchange(handed_on, true)) hand_on(ids, signal);
    remains.hurry(ids);
    ::usleep(20'000);
  }
  return first_failure;
}

}  // namespace

std::optional<train::RankPlace> own_place() {
  auto place = train::rank_from_environment(variable);
  if (!place || place->size == 1) return std::nullopt;
  ::setenv("TORCH_CPP_LOG_LEVEL", "ERROR", /*overwrite=*/0);
  c10::initLogging();
  return place;
}

int threads_of_rank(const train::RankPlace& place) {
  const char* local = variable("LOCAL_WORLD_SIZE");
  const int ranks = local == nullptr ? place.size : std::max(1, std::atoi(local));
  return std::max(1, available_processors() / ranks);
}

int run_ranks(int ranks, const Strings& words) {
  ::signal(SIGCHLD, SIG_DFL);
  catch_signals();
  const train::RankStore store;
  Strings all{"tandem", "train"};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<pid_t> ids;
  try {
    for (int rank = 0; rank < ranks; ++rank)
      ids.push_back(start(all, environment_of(rank, ranks, store.port())));
  } catch (...) {
    hand_on(ids, SIGKILL);
    throw;
  }
  return wait_for(std::move(ids));
}

}  // namespace tandem::cli
