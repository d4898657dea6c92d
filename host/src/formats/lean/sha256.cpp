#include "formats/sha256.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace tandem::formats {
namespace {

constexpr std::size_t block = 64;
using Words = std::array<std::uint32_t, 8>;

constexpr std::array<std::uint32_t, 64> first_primes() {
  std::array<std::uint32_t, 64> found{};
  std::size_t count = 0;
  for (std::uint32_t n = 2; count < found.size(); ++n) {
    bool prime = true;
    for (std::size_t i = 0; prime && i < count; ++i) prime = n % found[i] != 0;
    if (prime) found[count++] = n;
  }
  return found;
}
constexpr auto primes = first_primes();

/// The first 32 bits behind the binary point, as the standard defines its constants. A double holds
/// them: the roots are below 7 and 18.
std::uint32_t fraction(double root) {
  return static_cast<std::uint32_t>(std::ldexp(root - std::floor(root), 32));
}

Words first_words() {
  Words words{};
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = fraction(std::sqrt(primes[i]));
  return words;
}

const std::array<std::uint32_t, 64>& round_constants() {
  static const auto constants = [] {
    std::array<std::uint32_t, 64> roots{};
    for (std::size_t i = 0; i < roots.size(); ++i) roots[i] = fraction(std::cbrt(primes[i]));
    return roots;
  }();
  return constants;
}

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | bytes[3];
}

/// The 16 words of a block, and 48 more that are made of them.
std::array<std::uint32_t, 64> schedule(const std::uint8_t* bytes) {
  std::array<std::uint32_t, 64> w{};
  for (std::size_t i = 0; i < 16; ++i) w[i] = big_endian(bytes + 4 * i);
  for (std::size_t i = 16; i < w.size(); ++i) {
    const std::uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3)) +
           (std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10));
  }
  return w;
}

void mix(Words& state, const std::uint8_t* bytes) {
  const auto w = schedule(bytes);
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const std::uint32_t one = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                              ((e & f) ^ (~e & g)) + round_constants()[i] + w[i];
    const std::uint32_t two =
        (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + one, d = c, c = b, b = a, a = one + two;
  }
  const Words mixed = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += mixed[i];
}

}  // namespace

struct Sha256::State {
  Words words = first_words();
  std::array<std::uint8_t, block> begun{};  ///< a block that is not full yet
  std::uint64_t bytes = 0;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;

void Sha256::add(const void* bytes, std::size_t count) {
  const auto* from = static_cast<const std::uint8_t*>(bytes);
  while (count > 0) {
    const std::size_t at = state_->bytes % block;
    const std::size_t taken = std::min(count, block - at);
    std::memcpy(state_->begun.data() + at, from, taken);
    state_->bytes += taken, from += taken, count -= taken;
    if (at + taken == block) mix(state_->words, state_->begun.data());
  }
}

std::array<std::uint8_t, 32> Sha256::finish() {
  const std::uint64_t bits = state_->bytes * 8;
  const std::uint8_t one = 0x80, zero = 0;
  add(&one, 1);
  while (state_->bytes % block != block - 8) add(&zero, 1);
  std::array<std::uint8_t, 8> length{};
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<std::uint8_t>(bits >> (56 - 8 * i));
  add(length.data(), length.size());
  std::array<std::uint8_t, 32> digest{};
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(state_->words[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

}  // namespace tandem::formats
