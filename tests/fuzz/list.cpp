#include "data/picture_list.hpp"
#include "fuzz.hpp"

#include <cstdlib>

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::accepted([&] {
    const auto list =
        tandem::data::read_list({reinterpret_cast<const char*>(bytes), size}, "list.csv");
    const auto& labels = list.classes.labels;
    if (!labels.empty() && labels.size() != list.paths.size()) std::abort();
  });
  return 0;
}
