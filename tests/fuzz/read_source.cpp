#include "read_source.hpp"

#include "data/source.hpp"
#include "fuzz.hpp"

#include <algorithm>

namespace fuzz {

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
