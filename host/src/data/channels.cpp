#include "data/channels.hpp"

#include "data/grey.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>

namespace tandem::data {

int read_channels(int stored, int wanted) {
  if (wanted == 0 || wanted == stored) return stored;
  if ((stored == 1 && wanted == 3) || (stored == 3 && wanted == 1)) return wanted;
  throw Error(ErrorKind::config, Log::join("data.channels is ", wanted, ", but the data have ",
                                           stored, ": only grey and colour become each other"));
}

void copy_pixels(const std::uint8_t* in, int stored, std::size_t pixels, int wanted,
                 std::uint8_t* out) {
  if (stored == wanted) {
    std::copy_n(in, pixels * static_cast<std::size_t>(stored), out);
  } else if (wanted == 1) {
    to_grey(in, pixels, out);
  } else {
    for (std::size_t i = 0; i < pixels; ++i, out += 3) out[0] = out[1] = out[2] = in[i];
  }
}

}  // namespace tandem::data
