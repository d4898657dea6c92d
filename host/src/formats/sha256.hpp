#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace tandem::formats {

/// SHA-256 (FIPS 180-4) of bytes that come in parts. [one thread]
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void add(const void* bytes, std::size_t count);
  /// Of all that was added; nothing may be added after it.
  std::array<std::uint8_t, 32> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Bytes as lower-case hex.
std::string hex(std::span<const std::uint8_t> bytes);

}  // namespace tandem::formats
