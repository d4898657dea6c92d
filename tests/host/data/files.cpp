#include "files.hpp"

#include <turbojpeg.h>
#include <zlib.h>
#include <cstring>

namespace files {
namespace {

std::string text(const Pixels& bytes) {
  return {bytes.begin(), bytes.end()};
}

void big_endian(std::string& to, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) to += static_cast<char>(value >> shift & 255);
}

void little_endian(std::string& to, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i) & 255);
}

std::string encode(int width, int height, const Pixels& pixels, int format, int sampling,
                   int quality) {
  tjhandle encoder = tjInitCompress();
  unsigned char* out = nullptr;
  unsigned long size = 0;
  if (tjCompress2(encoder, pixels.data(), width, 0, height, format, &out, &size, sampling, quality,
                  0) != 0) {
    throw std::runtime_error(tjGetErrorStr2(encoder));
  }
  std::string bytes(reinterpret_cast<const char*>(out), size);
  tjFree(out);
  tjDestroy(encoder);
  return bytes;
}

}  // namespace

Pixels plain(int width, int height, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
  Pixels pixels;
  for (int i = 0; i < width * height; ++i) pixels.insert(pixels.end(), {r, g, b});
  return pixels;
}

Pixels ramps(int width, int height) {
  Pixels pixels;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      pixels.push_back(static_cast<std::uint8_t>(255 * x / std::max(1, width - 1)));
      pixels.push_back(static_cast<std::uint8_t>(255 * y / std::max(1, height - 1)));
      pixels.push_back(100);
    }
  }
  return pixels;
}

std::string ppm(int width, int height, const Pixels& rgb) {
  return "P6\n" + std::to_string(width) + " " + std::to_string(height) + "\n255\n" + text(rgb);
}

std::string pgm(int width, int height, const Pixels& grey) {
  return "P5\n" + std::to_string(width) + " " + std::to_string(height) + "\n255\n" + text(grey);
}

std::string jpeg(int width, int height, const Pixels& rgb, int quality) {
  return encode(width, height, rgb, TJPF_RGB, TJSAMP_444, quality);
}

std::string jpeg_grey(int width, int height, const Pixels& grey) {
  return encode(width, height, grey, TJPF_GRAY, TJSAMP_GRAY, 95);
}

std::string bmp(int width, int height, const Pixels& rgb) {
  const int padding = (4 - width * 3 % 4) % 4;
  std::string rows;
  for (int y = height - 1; y >= 0; --y) {
    for (int x = 0; x < width; ++x) {
      const std::size_t at = 3 * static_cast<std::size_t>(y * width + x);
      for (std::size_t c : {2u, 1u, 0u}) rows += static_cast<char>(rgb[at + c]);
    }
    rows.append(static_cast<std::size_t>(padding), '\0');
  }
  std::string bytes = "BM";
  little_endian(bytes, static_cast<std::uint32_t>(54 + rows.size()), 4);
  little_endian(bytes, 0, 4), little_endian(bytes, 54, 4), little_endian(bytes, 40, 4);
  little_endian(bytes, static_cast<std::uint32_t>(width), 4);
  little_endian(bytes, static_cast<std::uint32_t>(height), 4);
  little_endian(bytes, 1, 2), little_endian(bytes, 24, 2);
  for (int i = 0; i < 6; ++i) little_endian(bytes, 0, 4);
  return bytes + rows;
}

std::string png_header(std::uint32_t width, std::uint32_t height) {
  std::string content;
  big_endian(content, width), big_endian(content, height);
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", content + std::string("\x08\x02\0\0\0", 5));
}

std::string png_chunk(const std::string& name, const std::string& content) {
  const std::string chunk = name + content;
  std::string bytes;
  big_endian(bytes, static_cast<std::uint32_t>(content.size()));
  bytes += chunk;
  big_endian(bytes,
             static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(chunk.data()),
                                              static_cast<uInt>(chunk.size()))));
  return bytes;
}

std::string idx(std::uint32_t magic, const std::vector<std::uint32_t>& shape,
                const Pixels& values) {
  std::string bytes;
  big_endian(bytes, magic);
  for (std::uint32_t size : shape) big_endian(bytes, size);
  return bytes + text(values);
}

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

void put(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  write_file(path, bytes);
}

std::unique_ptr<tandem::data::Source> open(const std::filesystem::path& path, int channels) {
  tandem::data::SourceOptions options;
  options.path = path;
  options.channels = channels;
  return tandem::data::open_source(options);
}

}  // namespace files
