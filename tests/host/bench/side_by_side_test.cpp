#include "bench/side_by_side.hpp"

#include "catch.hpp"
#include "tandem/base/error.hpp"
#include "temporary_folder.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace tandem;

namespace {

/// Ends this process by a signal where it takes a minute.
class Deadline {
 public:
  Deadline() { ::alarm(60); }
  ~Deadline() { ::alarm(0); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
};

/// True in one of several processes.
bool is_first(const TemporaryFolder& folder) {
  return std::filesystem::create_directory(folder / "first");
}

/// What is thrown where the first of two forks does `fail` and the other gets ready and measures.
std::string failure(const TemporaryFolder& folder, const std::function<double()>& fail) {
  const Deadline deadline;
  try {
    bench::side_by_side(2, [&](const std::function<void()>& ready) {
      if (is_first(folder)) return fail();
      ready();
      std::filesystem::create_directory(folder / "measured");
      return 1.0;
    });
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::resource);
    return error.what();
  }
  return "nothing";
}

bool has_no_child() {
  return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD;
}

}  // namespace

TEST_CASE("forks begin to measure once all are ready") {
  const Deadline deadline;
  const TemporaryFolder folder;
  auto values = bench::side_by_side(2, [&](const std::function<void()>& ready) {
    const bool first = is_first(folder);
    if (first) std::filesystem::create_directory(folder / "warm");
    ready();
    return (std::filesystem::exists(folder / "warm") ? 10.0 : 0.0) + (first ? 1.0 : 2.0);
  });
  std::sort(values.begin(), values.end());
  CHECK(values == std::vector<double>{11, 12});
  CHECK(has_no_child());
  // One alone need not say that it is ready.
  CHECK(bench::side_by_side(1, [](const std::function<void()>&) { return 3.0; }) ==
        std::vector<double>{3});
}

TEST_CASE("a fork that ends before it is ready ends the others, which do not measure") {
  const TemporaryFolder thrown, died, returned;
  CHECK(failure(thrown, []() -> double { throw std::runtime_error("no picture"); }) ==
        "a measurement failed: no picture");
  CHECK(failure(died, []() -> double { ::_exit(3); }) ==
        "a measurement failed: a fork ended by itself");
  CHECK(failure(returned, [] { return 2.0; }) == "a measurement failed: a fork ended by itself");
  for (const auto* folder : {&thrown, &died, &returned})
    CHECK_FALSE(std::filesystem::exists(*folder / "measured"));
  CHECK(has_no_child());
}
