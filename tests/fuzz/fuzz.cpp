#include "fuzz.hpp"

#include "temporary_folder.hpp"

#include <algorithm>

namespace fuzz {

std::string as_file(const std::string& name, const std::uint8_t* bytes, std::size_t size) {
  static const TemporaryFolder folder;
  const auto path = folder / name;
  // Some file systems write a file to disk at once that is cut to nothing and written again.
  std::filesystem::remove(path);
  write_file(path, std::string(reinterpret_cast<const char*>(bytes), size));
  return path.string();
}

void read_source(const std::string& kind, const std::string& path) {
  tandem::data::SourceOptions options;
  options.kind = kind;
  options.path = path;
  options.max_pixels = 1'000'000;
  std::unique_ptr<tandem::data::Source> source;
  if (!accepted([&] { source = tandem::data::open_source(options); })) return;
  tandem::Image image;
  const std::int64_t count = std::min<std::int64_t>(source->size(), 8);
  for (std::int64_t i = 0; i < count; ++i) {
    source->name(i), source->label(i);
    accepted([&] { source->read(i, image); });
  }
}

}  // namespace fuzz
