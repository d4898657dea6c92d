#include "data/content_hash.hpp"

#include "formats/sha256.hpp"

#include <algorithm>

namespace tandem::data {
namespace {

ContentHash shortened(formats::Sha256& hash) {
  const auto whole = hash.finish();
  ContentHash half;
  std::copy_n(whole.begin(), half.size(), half.begin());
  return half;
}

}  // namespace

ContentHash content_hash(const Image& image) {
  formats::Sha256 hash;
  const std::array<std::int32_t, 4> shape = {image.height(), image.width(), image.channels(),
                                             image.type() == PixelType::f32};
  hash.add(shape.data(), sizeof shape);
  if (image.type() == PixelType::f32) {
    hash.add(image.f32(), image.values() * sizeof(float));
  } else {
    hash.add(image.u8(), image.values());
  }
  return shortened(hash);
}

ContentHash content_hash(std::span<const ContentHash> hashes) {
  formats::Sha256 hash;
  for (const ContentHash& one : hashes) hash.add(one.data(), one.size());
  return shortened(hash);
}

std::string hex(const ContentHash& hash) {
  return formats::hex(hash);
}

}  // namespace tandem::data
