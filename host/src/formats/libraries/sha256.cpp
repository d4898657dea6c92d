#include "formats/sha256.hpp"

#include "tandem/base/error.hpp"

#include <openssl/evp.h>

namespace tandem::formats {
namespace {

void check(bool fine) {
  if (!fine) throw Error(ErrorKind::internal, "OpenSSL computes no SHA-256");
}

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  check(state_->context && EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() = default;

void Sha256::add(const void* bytes, std::size_t count) {
  check(EVP_DigestUpdate(state_->context.get(), bytes, count) == 1);
}

std::array<std::uint8_t, 32> Sha256::finish() {
  std::array<std::uint8_t, 32> digest{};
  unsigned size = 0;
  check(EVP_DigestFinal_ex(state_->context.get(), digest.data(), &size) == 1 &&
        size == digest.size());
  return digest;
}

}  // namespace tandem::formats
