// A configuration file, from TOML to checked structs with the host's sections and a few schemas of
// plugins. What is refused is told with line and column; what is accepted, written and read again,
// is the same.
#include "config/config.hpp"
#include "complaints.hpp"
#include "fuzz.hpp"
#include "host/config/fixtures.hpp"

using namespace tandem;

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  std::string written;
  try {
    written = config::to_toml(config_test::checked(text));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::config && error.kind() != ErrorKind::plugin) throw;
    fuzz::require_places(error.what(), text, "c.toml");
    return 0;
  }
  fuzz::require(config::to_toml(config_test::checked(written)) == written, "another when reread");
  return 0;
}
