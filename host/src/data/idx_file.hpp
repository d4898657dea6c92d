#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace tandem::data {

/// The content of an IDX file of bytes (the MNIST family's format): a magic number that tells the
/// number of dimensions, the dimensions, and the values, all numbers big-endian.
struct IdxFile {
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> values;
};

/// Reads an IDX file of `dimensions` dimensions, gzipped or plain. Throws Error(data), naming the
/// file and the bytes expected and found, where it is not one, is cut off, goes on after its end,
/// or claims more than a file of its size can hold; a pipe is not waited for.
IdxFile read_idx(const std::filesystem::path& path, int dimensions);

}  // namespace tandem::data
