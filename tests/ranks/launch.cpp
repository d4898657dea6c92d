#include "launch.hpp"

#include "temporary_folder.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace ranks {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

[[noreturn]] void become(const std::vector<std::string>& words,
                         const std::map<std::string, std::string>& environment,
                         const std::string& said) {
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  const int file = ::open(said.c_str(), O_WRONLY | O_CREAT, 0600);
  ::dup2(file, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments.front(), arguments.data());
  ::_exit(127);
}

std::string text_of(const std::string& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

struct Process {
  ::pid_t id = 0;
  bool running = true, stopped = false;
  Ended ended;
};

void look_at(Process& process, Clock::time_point begin) {
  int status = 0;
  if (!process.running || ::waitpid(process.id, &status, WNOHANG | WUNTRACED) <= 0) return;
  if (WIFSTOPPED(status)) {
    process.stopped = true;
    return;
  }
  process.running = false;
  process.ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  process.ended.seconds = since(begin);
}

}  // namespace

int free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::socklen_t length = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    throw std::runtime_error("no free port");
  ::close(listener);
  return ntohs(address.sin_port);
}

std::vector<Ended> launch(const Launch& launch) {
  const TemporaryFolder folder;
  auto environment = launch.environment;
  environment["WORLD_SIZE"] = std::to_string(launch.ranks);
  environment["MASTER_ADDR"] = "127.0.0.1";
  environment["MASTER_PORT"] = std::to_string(free_port());
  environment["OMP_NUM_THREADS"] = "1";
  const auto file = [&](std::size_t rank) {
    return (folder.path() / std::to_string(rank)).string();
  };
  const auto begin = Clock::now();
  std::vector<Process> processes(
      static_cast<std::size_t>(launch.starts < 0 ? launch.ranks : launch.starts));
  for (std::size_t rank = 0; rank < processes.size(); ++rank) {
    environment["RANK"] = std::to_string(rank);
    processes[rank].id = ::fork();
    if (processes[rank].id == 0) become(launch.words, environment, file(rank));
  }
  for (bool waiting = true; waiting;) {
    waiting = false;
    const bool late = since(begin) > launch.patience;
    for (std::size_t rank = 0; rank < processes.size(); ++rank) {
      auto& process = processes[rank];
      look_at(process, begin);
      if (late && process.running) ::kill(process.id, SIGKILL);
      const bool awaited = static_cast<int>(rank) != launch.endless && !process.stopped;
      waiting = waiting || (process.running && awaited);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  std::vector<Ended> all;
  for (std::size_t rank = 0; rank < processes.size(); ++rank) {
    auto& process = processes[rank];
    if (process.running) {
      ::kill(process.id, SIGKILL);
      ::waitpid(process.id, nullptr, 0);
      process.ended.code = 128 + SIGSTOP;
    }
    process.ended.text = text_of(file(rank));
    all.push_back(process.ended);
  }
  return all;
}

}  // namespace ranks
