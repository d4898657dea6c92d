// The words behind --set, a line each, over a complete configuration.
#include "config/config.hpp"
#include "config/document.hpp"
#include "fuzz.hpp"
#include "host/config/fixtures.hpp"

#include <sstream>

using namespace tandem;

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const auto complete = config::parse_text(config_test::complete, "c.toml");
  config::Document document = complete;
  std::istringstream lines(std::string(reinterpret_cast<const char*>(bytes), size));
  bool all = true;
  for (std::string line; std::getline(lines, line);) {
    const auto set = [&] { document.set(line, "--set #1"); };
    all = fuzz::accepted({ErrorKind::usage, ErrorKind::config}, set) && all;
    if (all) fuzz::require(document.find(line.substr(0, line.find_first_of(" ="))), "not set");
  }
  fuzz::accepted({ErrorKind::config, ErrorKind::plugin}, [&] {
    const auto checked = config::check(document, config_test::lookup);
    const std::string written = config::to_toml(checked);
    fuzz::require(config::to_toml(config_test::checked(written)) == written, "another when reread");
  });
  return 0;
}
