#include "data/content_hash.hpp"

#include "tandem/base/error.hpp"

#include <openssl/evp.h>
#include <algorithm>
#include <memory>

namespace tandem::data {
namespace {

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) {
    check(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void add(const void* bytes, std::size_t count) {
    check(EVP_DigestUpdate(context_.get(), bytes, count) == 1);
  }
  ContentHash finish() {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> whole{};
    check(EVP_DigestFinal_ex(context_.get(), whole.data(), nullptr) == 1);
    ContentHash hash;
    std::copy_n(whole.begin(), hash.size(), hash.begin());
    return hash;
  }

 private:
  static void check(bool fine) {
    if (!fine) throw Error(ErrorKind::internal, "OpenSSL computes no SHA-256");
  }

  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace

ContentHash content_hash(const Image& image) {
  Sha256 hash;
  const std::array<std::int32_t, 4> shape = {image.height(), image.width(), image.channels(),
                                             image.type() == PixelType::f32};
  hash.add(shape.data(), sizeof shape);
  if (image.type() == PixelType::f32) {
    hash.add(image.f32(), image.values() * sizeof(float));
  } else {
    hash.add(image.u8(), image.values());
  }
  return hash.finish();
}

ContentHash content_hash(std::span<const ContentHash> hashes) {
  Sha256 hash;
  for (const ContentHash& one : hashes) hash.add(one.data(), one.size());
  return hash.finish();
}

std::string hex(const ContentHash& hash) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : hash) text += {digits[byte >> 4], digits[byte & 15]};
  return text;
}

}  // namespace tandem::data
