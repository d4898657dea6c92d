#include "bench/side_by_side.hpp"

#include "tandem/base/error.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>

namespace tandem::bench {
namespace {

using Measure = std::function<double(const std::function<void()>& ready)>;

/// One way: closed at both ends when it goes.
class Pipe {
 public:
  Pipe() {
    if (::pipe(ends_.data()) != 0) throw Error(ErrorKind::resource, "no pipe to be had");
  }
  ~Pipe() {
    close_writer();
    ::close(ends_[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void close_writer() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  bool write(const void* from, std::size_t count) {
    return ::write(ends_[1], from, count) == static_cast<ssize_t>(count);
  }
  /// Up to `count` bytes; 0 where nobody can write any more.
  std::size_t read(void* to, std::size_t count) {
    const ssize_t got = ::read(ends_[0], to, count);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }

 private:
  std::array<int, 2> ends_ = {-1, -1};
};

struct Answer {
  double value = 0;
  std::array<char, 400> problem = {};  ///< empty where all went well
};

Answer answer(const Measure& measure, const std::function<void()>& ready) {
  Answer result;
  try {
    result.value = measure(ready);
  } catch (const std::exception& error) {
    std::string(error.what()).copy(result.problem.data(), result.problem.size() - 1);
  }
  return result;
}

/// What a fork does: all of it.
[[noreturn]] void be_child(const Measure& measure, Pipe& ready, Pipe& go, Pipe& answers) {
  go.close_writer();
  const Answer result = answer(measure, [&] {
    char byte = 0;
    ready.write(&byte, 1);
    go.read(&byte, 1);  // ends when the parent lets go
  });
  ::_exit(answers.write(&result, sizeof result) ? 0 : 1);
}

/// Whether all said so; false as soon as one has ended instead.
bool all_ready(std::vector<Pipe>& ready) {
  return std::all_of(ready.begin(), ready.end(), [](Pipe& pipe) {
    char byte = 0;
    return pipe.read(&byte, 1) == 1;
  });
}

}  // namespace

std::vector<double> side_by_side(int count, const Measure& measure) {
  const auto wanted = static_cast<std::size_t>(count);
  Pipe go, answers;
  std::vector<Pipe> ready(wanted);  // one a fork, so that its end is seen while the others live
  std::vector<pid_t> children;
  for (Pipe& own : ready) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (Pipe& pipe : ready)
        if (&pipe != &own) pipe.close_writer();
      be_child(measure, own, go, answers);
    }
    if (child > 0) children.push_back(child);
  }
  for (Pipe& pipe : ready) pipe.close_writer();
  answers.close_writer();
  // Without one of them the others would measure something else. One alone need not say that it is
  // ready: it has ended then, with its answer written.
  if (!all_ready(ready))
    for (const pid_t child : children) ::kill(child, SIGKILL);
  go.close_writer();
  std::vector<double> values;
  std::string problem = children.size() < wanted ? "no fork to be had" : "";
  Answer result;
  while (values.size() < children.size() && answers.read(&result, sizeof result) == sizeof result) {
    values.push_back(result.value);
    if (result.problem[0] != '\0') problem = result.problem.data();
  }
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  if (problem.empty() && values.size() < children.size()) problem = "a fork ended by itself";
  if (!problem.empty()) throw Error(ErrorKind::resource, "a measurement failed: " + problem);
  return values;
}

}  // namespace tandem::bench
