#pragma once

#include "data/content_hash.hpp"
#include "data/normalization.hpp"
#include "data/source.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tandem::data {

struct BadPicture {
  std::int64_t index = 0;
  std::string reason;  ///< names the picture
};

struct Spread {
  std::int64_t smallest = 0, median = 0, largest = 0;
};

/// Pictures with one number of channels.
struct ChannelKind {
  std::int64_t pictures = 0;
  std::int64_t grey = 0;  ///< of them, how many have three equal channels
  Normalization values;   ///< over all their pixels
};

/// What a data set is found to be when every picture is decoded.
struct DataReport {
  std::int64_t pictures = 0;
  bool stopped = false;  ///< before its end; then all else is about nothing
  std::vector<BadPicture> bad;
  Spread height, width;
  std::map<int, ChannelKind> channels;
  std::map<std::int64_t, std::int64_t> classes;  ///< pictures of each label that is not -1
  /// Pictures with the same decoded pixels: two or more each, in order, by their first.
  std::vector<std::vector<std::int64_t>> duplicates;
  ContentHash content{};    ///< of all pixels in order; unreadable pictures count as such
  std::string fingerprint;  ///< of all pictures: `data::fingerprint`
};

/// How far a check is. [called by one thread at a time, though not always the same]
using CheckProgress = std::function<void(std::int64_t done, std::int64_t bad)>;

/// Decodes every picture, in the calling thread and `helpers` more; the report does not depend on
/// how many. Ends early where `stop` becomes true.
DataReport check_data(const Source& source, int helpers, const std::atomic<bool>& stop,
                      const CheckProgress& progress);

}  // namespace tandem::data
