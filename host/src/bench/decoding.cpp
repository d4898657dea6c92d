#include "bench/decoding.hpp"

#include "data/decode.hpp"
#include "data/file_bytes.hpp"
#include "data/picture_header.hpp"

#include <algorithm>

namespace tandem::bench {
namespace {

using Files = std::vector<std::vector<std::uint8_t>>;

Files read_jpegs(const data::Source& source, const std::filesystem::path& folder) {
  constexpr std::int64_t most = 256;
  Files files;
  std::vector<std::uint8_t> bytes;
  for (std::int64_t i = 0; i < std::min(source.size(), most); ++i) {
    const auto path = folder / source.name(i);
    if (!std::filesystem::is_regular_file(path)) continue;
    data::read_bytes(path, bytes);
    if (data::format_of(bytes) == data::PictureFormat::jpeg) files.push_back(bytes);
  }
  return files;
}

template <class Decode>
double micro(const Files& files, double seconds, Decode&& decode) {
  const Stopwatch watch;
  std::size_t passes = 0;
  do {
    for (const auto& file : files) decode(file);
    ++passes;
  } while (watch.seconds() < seconds);
  return 1e6 * watch.seconds() / static_cast<double>(passes * files.size());
}

}  // namespace

std::optional<DecodingCost> decoding_cost(const data::Source& source,
                                          const std::filesystem::path& folder,
                                          const Effort& effort) {
  const Files files = read_jpegs(source, folder);
  if (files.empty()) return std::nullopt;
  DecodingCost cost;
  cost.pictures = static_cast<std::int64_t>(files.size());
  for (const auto& file : files) {
    cost.bytes += static_cast<double>(file.size()) / static_cast<double>(files.size());
  }
  Image image;
  for (int round = 0; round < effort.rounds; ++round) {
    cost.micro.push_back(micro(files, effort.seconds / 2,
                               [&image](data::Bytes bytes) { data::decode(bytes, {}, image); }));
    cost.opencv.push_back(micro(files, effort.seconds / 2, data::decode_by_opencv_alone));
  }
  return cost;
}

}  // namespace tandem::bench
