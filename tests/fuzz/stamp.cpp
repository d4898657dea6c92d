// A plugin's file: as it is, and, since few changes leave a checksum right, with the stamp's
// checksum made to fit.
#include "plugin/stamp.hpp"
#include "fuzz.hpp"
#include "tandem/base/plugin.hpp"

#include <cstring>
#include <string_view>

using namespace tandem;

namespace {

/// What the program does with a stamp before it opens a library, and prints.
void look_at(const std::string& path) {
  fuzz::accepted({ErrorKind::plugin}, [&] {
    const Stamp stamp = plugin::read_stamp(path);
    plugin::incompatibilities(stamp, plugin::host_stamp());
    plugin::oddities(stamp, plugin::host_stamp());
    fuzz::require(stamp.count >= 1 && stamp.count <= max_items, "a number of items");
    for (std::size_t i = 0; i < stamp.count; ++i) {
      fuzz::require(static_cast<std::size_t>(stamp.items[i].role) < role_count, "a role");
      fuzz::require(plugin::legal_id(plugin::text(stamp.items[i].id)), "an id");
    }
    for (const std::string_view text : {plugin::text(stamp.doc), plugin::text(stamp.author)})
      for (const char c : text) fuzz::require(c < 0 || c >= ' ', "a control character");
  });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  look_at(fuzz::as_file("plugin.so", bytes, size));
  std::string file(reinterpret_cast<const char*>(bytes), size);
  const std::string_view magic(reinterpret_cast<const char*>(stamp_magic.data()),
                               stamp_magic.size());
  const std::size_t at = file.find(magic);
  if (at == std::string::npos || file.size() - at < sizeof(Stamp)) return 0;
  Stamp stamp;
  std::memcpy(&stamp, file.data() + at, sizeof stamp);
  stamp.size = sizeof stamp;
  stamp.checksum = detail::stamp_checksum(stamp);
  std::memcpy(file.data() + at, &stamp, sizeof stamp);
  look_at(fuzz::as_file("plugin.so", reinterpret_cast<const std::uint8_t*>(file.data()), size));
  return 0;
}
