#pragma once

#include "data/source.hpp"
#include "tandem/base/error.hpp"
#include "temporary_folder.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// Files of pictures made by hand, byte by byte or by the codec's own library.
namespace files {

using Pixels = std::vector<std::uint8_t>;

/// Width × height of one colour.
Pixels plain(int width, int height, std::uint8_t r, std::uint8_t g, std::uint8_t b);
/// A smooth picture that no codec finds hard: r grows to the right, g downwards, b is 100.
Pixels ramps(int width, int height);

std::string ppm(int width, int height, const Pixels& rgb);
std::string pgm(int width, int height, const Pixels& grey);
std::string jpeg(int width, int height, const Pixels& rgb, int quality = 95);
std::string jpeg_grey(int width, int height, const Pixels& grey);
/// An uncompressed 24-bit BMP.
std::string bmp(int width, int height, const Pixels& rgb);
/// A PNG of nothing but a correct header that claims this size.
std::string png_header(std::uint32_t width, std::uint32_t height);
std::string png_chunk(const std::string& name, const std::string& content);

/// An IDX file's bytes: magic, dimensions, values.
std::string idx(std::uint32_t magic, const std::vector<std::uint32_t>& shape, const Pixels& values);
std::string gzip(const std::string& bytes);

/// Writes a file, making the folders it needs.
void put(const std::filesystem::path& path, const std::string& bytes);

std::unique_ptr<tandem::data::Source> open(const std::filesystem::path& path, int channels = 0);

/// The message of the Error(kind) that `call` throws; "" where it throws none, another kind's name
/// otherwise.
template <class Call>
std::string message(Call&& call, tandem::ErrorKind kind = tandem::ErrorKind::data) {
  try {
    call();
  } catch (const tandem::Error& error) {
    if (error.kind() != kind) return "wrong kind: " + std::string(error.what());
    return error.what();
  }
  return "";
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace files
