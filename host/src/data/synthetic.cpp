#include "data/synthetic.hpp"

#include "tandem/base/error.hpp"

#include <algorithm>
#include <limits>

namespace tandem::data {

Synthetic::Synthetic(const SyntheticOptions& options, int channels, const char* what)
    : options_(options), channels_(channels) {
  if (options.count >= 1 && options.size >= 1 && options.classes >= 1) return;
  throw Error(ErrorKind::config, std::string("synthetic ") + what +
                                     " need a count, a size and a number of classes of at least 1");
}

Random Synthetic::random_of(std::int64_t index, std::uint16_t kind) const {
  return Random({.seed = options_.seed,
                 .epoch = 0,
                 .sample = static_cast<std::uint32_t>(index),
                 .view = std::numeric_limits<std::uint16_t>::max(),
                 .op = kind});
}

double Synthetic::last_pair() const {
  return std::max(1, (options_.classes + 1) / 2 - 1);
}

}  // namespace tandem::data
