#include "formats/sha256.hpp"

#include "catch.hpp"

#include <string>

using namespace tandem;

namespace {

/// Of a text that comes in parts of `part` bytes.
std::string digest(const std::string& text, std::size_t part) {
  formats::Sha256 hash;
  for (std::size_t at = 0; at < text.size(); at += part) {
    const auto piece = text.substr(at, part);
    hash.add(piece.data(), piece.size());
  }
  return formats::hex(hash.finish());
}

}  // namespace

// FIPS 180-4's examples (NIST, "Secure Hashing: Example Values"), in whatever parts they come.
TEST_CASE("SHA-256 gives the digests that its standard tells") {
  const std::pair<std::string, std::string> known[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto& [text, expected] : known)
    for (const std::size_t part : {1, 3, 63, 64, 65, 1'000'000})
      CHECK(digest(text, part) == expected);
}
