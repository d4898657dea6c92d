#include "fuzz.hpp"

#include "temporary_folder.hpp"

#include <cstdio>
#include <cstdlib>

namespace fuzz {

void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", what.c_str());
  std::abort();
}

std::string as_file(const std::string& name, const std::uint8_t* bytes, std::size_t size) {
  static const TemporaryFolder folder;
  const auto path = folder / name;
  // Some file systems write a file to disk at once that is cut to nothing and written again.
  std::filesystem::remove(path);
  write_file(path, std::string(reinterpret_cast<const char*>(bytes), size));
  return path.string();
}

}  // namespace fuzz
