#include "program.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace program {
namespace {

constexpr std::chrono::minutes patience{3};  // a busy machine, a sanitizer
constexpr std::chrono::milliseconds pause{2};

/// This process's environment without what would change the program's output.
Words environment(const std::map<std::string, std::string>& more) {
  Words list;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto name = std::string(text.substr(0, text.find('=')));
    if (more.count(name) == 0 && name != "NO_COLOR" && name.rfind("TANDEM_", 0) != 0)
      list.emplace_back(text);
  }
  for (const auto& [name, value] : more) list.push_back(name + "=" + value);
  return list;
}

std::vector<char*> pointers(Words& words) {
  std::vector<char*> list;
  for (auto& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

Process::Pipe::Pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe for the program's output");
  read = ends[0];
  write = ends[1];
}

Process::Pipe::~Pipe() {
  ::close(read);
  close_writer();
}

void Process::Pipe::close_writer() {
  if (write >= 0) ::close(write);
  write = -1;
}

void Process::Pipe::take() {
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(read, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
}

Process::Process(const Call& call) {
  for (const auto* output : {&out_, &err_}) ::fcntl(output->read, F_SETFL, O_NONBLOCK);
  Words words = call.words;
  words.insert(words.begin(), call.program);
  Words variables = environment(call.environment);
  const auto arguments = pointers(words), settings = pointers(variables);
  id_ = ::fork();
  if (id_ < 0) throw std::runtime_error("cannot fork");
  if (id_ == 0) execute(call, arguments.data(), settings.data());
  started_.close_writer();
  char byte = 0;  // nothing to read: the end of the file comes with exec
  while (::read(started_.read, &byte, 1) < 0 && errno == EINTR) {
  }
}

/// In the child, between fork and exec: nothing here may allocate.
void Process::execute(const Call& call, char* const* words, char* const* environment) const {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  if (call.ignored_signal != 0) ::signal(call.ignored_signal, SIG_IGN);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(out_.write, STDOUT_FILENO);
  ::dup2(call.error_output >= 0 ? call.error_output : err_.write, STDERR_FILENO);
  if (call.file_size >= 0) {
    const auto bytes = static_cast<rlim_t>(call.file_size);
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  if (call.folder.empty() || ::chdir(call.folder.c_str()) == 0)
    ::execve(words[0], words, environment);
  ::_exit(127);
}

Process::~Process() {
  if (!ended()) {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, &status_, 0);
  }
}

bool Process::ended() {
  if (!ended_) ended_ = ::waitpid(id_, &status_, WNOHANG) == id_;
  out_.take();
  err_.take();
  return ended_;
}

void Process::until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (ended()) throw std::runtime_error("the program ended too early: " + err_.text);
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error("the program did not get there: " + err_.text);
    std::this_thread::sleep_for(pause);
  }
}

Result Process::wait() {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!ended()) {
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error("the program did not end: " + err_.text);
    std::this_thread::sleep_for(pause);
  }
  const int code = WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
  return {code, out_.text, err_.text};
}

void Process::send(int signal) const {
  ::kill(id_, signal);
}

bool Process::has_signal(const char* mask, int signal) const {
  std::ifstream lines("/proc/" + std::to_string(id_) + "/status");
  for (std::string name, value; lines >> name && std::getline(lines, value);) {
    if (name == mask) return (std::stoull(value, nullptr, 16) >> (signal - 1) & 1) != 0;
  }
  return false;
}

bool Process::catches(int signal) const {
  return has_signal("SigCgt:", signal);
}

bool Process::pending(int signal) const {
  return has_signal("ShdPnd:", signal) || has_signal("SigPnd:", signal);
}

Result run(const Call& call) {
  return Process(call).wait();
}

}  // namespace program
