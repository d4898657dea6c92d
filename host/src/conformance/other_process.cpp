#include "conformance/other_process.hpp"

#include "conformance/child.hpp"
#include "conformance/rule.hpp"

#include <chrono>
#include <cstdlib>
#include <thread>

namespace tandem::conformance {
namespace {

std::string digest(const std::string& bits) {
  return std::to_string(std::hash<std::string>{}(bits));
}

/// Returns at the start of the wall clock's next second, with another state of C's `rand`: who
/// draws from either gets something else from now on.
void change_clock_and_rand() {
  using std::chrono::system_clock, std::chrono::seconds;
  // C's `time` reads a coarse clock, which lags by some milliseconds.
  constexpr std::chrono::milliseconds lag(50);
  std::this_thread::sleep_until(std::chrono::floor<seconds>(system_clock::now()) + seconds(1) +
                                lag);
  constexpr unsigned not_the_default = 20230;
  std::srand(not_the_default);
}

}  // namespace

bool same_in_other_process(const std::function<std::string()>& bits) {
  Child other([&] { return digest(bits()); });
  other.wait();
  const auto theirs = other.report();
  expect(theirs.has_value(), "a second process ended without an answer (", ending(other.status()),
         ")");
  change_clock_and_rand();
  return digest(bits()) == *theirs;
}

}  // namespace tandem::conformance
