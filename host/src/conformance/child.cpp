#include "conformance/child.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>

namespace tandem::conformance {
namespace {

constexpr std::size_t longest_report = 4000;  // less than PIPE_BUF: one write, never in parts
constexpr char said = '.';                    // so that an empty report is one, too
constexpr off_t longest_tail = 2000;
constexpr rlim_t most_output = 64 << 20;

[[noreturn]] void cannot(const char* what) {
  throw Error(ErrorKind::resource, Log::join("cannot ", what, ": ", std::strerror(errno)));
}

void limit(int resource, rlim_t most) {
  const rlimit both{most, most};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

/// As much as no honest plugin needs; sanitizers reserve terabytes.
void limit_memory() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  limit(RLIMIT_AS, rlim_t{24} << 30);
#endif
}

void default_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void flush() {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
}

}  // namespace

Child::Child(const std::function<std::string()>& body) {
  int ends[2];
  output_ = ::memfd_create("output", MFD_CLOEXEC);
  if (output_ < 0 || ::pipe2(ends, O_CLOEXEC) != 0) cannot("make a pipe for a check");
  report_ = ends[0];
  flush();
  id_ = ::fork();
  if (id_ == 0) run(body, ends[1]);
  ::close(ends[1]);
  if (id_ < 0) cannot("start a process for a check");
  ::setpgid(id_, id_);
}

Child::~Child() {
  if (id_ > 0 && !ended()) {
    kill();
    wait();
  }
  for (const int file : {report_, output_}) ::close(file);
}

void Child::run(const std::function<std::string()>& body, int report) const {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  default_signals();
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, most_output);
  limit_memory();
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  for (const int file : {STDOUT_FILENO, STDERR_FILENO}) ::dup2(output_, file);
  std::string text(1, said);
  try {
    text += body();
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    ::_exit(EXIT_FAILURE);
  }
  flush();
  text.resize(std::min(text.size(), longest_report));
  const auto written = ::write(report, text.data(), text.size());
  ::_exit(written < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

bool Child::ended() {
  if (!ended_) {
    const pid_t gone = ::waitpid(id_, &status_, WNOHANG);
    ended_ = gone == id_ || (gone < 0 && errno == ECHILD);
    if (ended_) kill();
  }
  return ended_;
}

void Child::wait() {
  while (!ended_) {
    ended_ = ::waitpid(id_, &status_, 0) == id_ || errno != EINTR;
  }
  kill();
}

bool Child::ends_within(std::chrono::milliseconds limit) {
  constexpr int pause = 1000;  // microseconds
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!ended() && std::chrono::steady_clock::now() < end) ::usleep(pause);
  return ended();
}

void Child::kill() {
  ::kill(-id_, SIGKILL);
  if (!ended_) ::kill(id_, SIGKILL);
}

std::optional<std::string> Child::report() {
  char buffer[longest_report];
  pollfd door{report_, POLLIN, 0};
  if (::poll(&door, 1, 0) <= 0) return std::nullopt;
  const auto got = ::read(report_, buffer, sizeof buffer);
  if (got <= 0) return std::nullopt;
  return std::string(buffer + 1, static_cast<std::size_t>(got - 1));
}

std::string Child::output() const {
  const off_t end = ::lseek(output_, 0, SEEK_END);
  const off_t begin = std::max<off_t>(0, end - longest_tail);
  std::string text(static_cast<std::size_t>(std::max<off_t>(0, end - begin)), '\0');
  const auto got = ::pread(output_, text.data(), text.size(), begin);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, got)));
  return text;
}

std::string ending(int status) {
  if (WIFEXITED(status)) return Log::join("exit status ", WEXITSTATUS(status));
  const char* name = ::sigabbrev_np(WTERMSIG(status));
  return name != nullptr ? std::string("SIG") + name : Log::join("signal ", WTERMSIG(status));
}

}  // namespace tandem::conformance
