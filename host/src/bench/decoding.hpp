#pragma once

#include "bench/clock.hpp"
#include "data/source.hpp"

#include <filesystem>
#include <optional>
#include <vector>

namespace tandem::bench {

/// Decoding JPEGs that lie in memory, in one thread, beside OpenCV's imdecode of the same bytes.
struct DecodingCost {
  std::int64_t pictures = 0;
  double bytes = 0;            ///< of a file, in the mean
  std::vector<double> micro;   ///< microseconds a picture, by round
  std::vector<double> opencv;  ///< likewise
};

/// Of a source whose pictures are files below `folder`; nothing where none of the first ones is a
/// JPEG file.
std::optional<DecodingCost> decoding_cost(const data::Source& source,
                                          const std::filesystem::path& folder,
                                          const Effort& effort);

}  // namespace tandem::bench
