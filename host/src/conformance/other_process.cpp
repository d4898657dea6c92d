#include "conformance/other_process.hpp"

#include "conformance/rule.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <thread>

namespace tandem::conformance {
namespace {

constexpr char returned = 'r', threw = 't';

[[noreturn]] void answer(int door, const std::function<std::string()>& body) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::string text;
  try {
    text = returned + body();
  } catch (const std::exception& error) {
    text = threw + std::string(error.what());
  } catch (...) {
    text = threw + std::string("something that is no std::exception was thrown");
  }
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t wrote = ::write(door, text.data() + sent, text.size() - sent);
    if (wrote <= 0) break;
    sent += static_cast<std::size_t>(wrote);
  }
  ::_exit(0);
}

std::string read_all(int door) {
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(door, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  return text;
}

}  // namespace

std::string in_other_process(const std::function<std::string()>& body) {
  int doors[2];
  if (::pipe(doors) != 0) throw Violation("no pipe could be made");
  const pid_t other = ::fork();
  if (other < 0) throw Violation("no second process could be started");
  if (other == 0) {
    ::close(doors[0]);
    answer(doors[1], body);
  }
  ::close(doors[1]);
  const std::string text = read_all(doors[0]);
  ::close(doors[0]);
  int status = 0;
  ::waitpid(other, &status, 0);
  expect(!text.empty(), "a second process ended without an answer");
  if (text[0] == threw) throw Violation(text.substr(1));
  return text.substr(1);
}

void change_clock_and_rand() {
  using std::chrono::system_clock, std::chrono::seconds;
  // C's `time` reads a coarse clock, which lags by some milliseconds.
  constexpr std::chrono::milliseconds lag(50);
  std::this_thread::sleep_until(std::chrono::floor<seconds>(system_clock::now()) + seconds(1) +
                                lag);
  constexpr unsigned not_the_default = 20230;
  std::srand(not_the_default);
}

}  // namespace tandem::conformance
