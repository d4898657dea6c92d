// What stderr gets where it is a terminal.
#include "catch.hpp"
#include "workplace.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

namespace {

/// A pseudo-terminal whose other end is read when all is over.
class Terminal {
 public:
  Terminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    REQUIRE(::grantpt(master_) == 0);
    REQUIRE(::unlockpt(master_) == 0);
    line_ = ::open(::ptsname(master_), O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(line_ >= 0);
    ::fcntl(master_, F_SETFL, O_NONBLOCK);
  }
  ~Terminal() {
    ::close(line_);
    ::close(master_);
  }
  int line() const { return line_; }
  std::string shown() const {
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(master_, buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
    return text;
  }

 private:
  int master_, line_ = -1;
};

std::string shown_with(const std::map<std::string, std::string>& environment) {
  const Workplace here;
  const Terminal terminal;
  auto call = here.call(here.tiny({"--dry-run"}));
  call.error_output = terminal.line();
  call.environment = environment;
  CHECK(program::run(call).code == 0);
  return terminal.shown();
}

}  // namespace

TEST_CASE("a terminal gets a line that is redrawn, with colours unless NO_COLOR is set") {
  const std::string bold = "\x1b[1m", erase = "\x1b[K";
  const auto colored = shown_with({{"TERM", "xterm"}});
  CHECK(has(colored, erase));
  CHECK(has(colored, bold));
  const auto plain = shown_with({{"TERM", "xterm"}, {"NO_COLOR", "1"}});
  CHECK(has(plain, erase));
  CHECK_FALSE(has(plain, bold));
  const auto dumb = shown_with({{"TERM", "dumb"}});
  CHECK(has(dumb, "step 1/1"));
  CHECK_FALSE(has(dumb, "\x1b"));
}
