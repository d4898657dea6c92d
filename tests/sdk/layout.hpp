#pragma once

#include "tandem/base/abi.hpp"

#include <cstddef>
#include <cstring>

/// What plugins built earlier rely on, as sdk/COMPATIBILITY.md says. The figures are those of
/// x86-64 and libstdc++; a string takes 32 bytes, a vector 24, a std::function 32, a shared_ptr 16,
/// a tensor 8.
#if defined(__x86_64__) && defined(__GLIBCXX__) && !defined(_GLIBCXX_DEBUG)
#define HOLDS(...)                                                                                \
  static_assert(__VA_ARGS__,                                                                      \
                "plugins built earlier would misread this type: raise abi_major, or the role's "  \
                "role_revision, in tandem/base/abi.hpp, then bring the figures here up to date; " \
                "see sdk/COMPATIBILITY.md")
#else
#define HOLDS(...) static_assert(true)
#endif
#define SIZE(type, bytes) HOLDS(sizeof(type) == (bytes))
#define AT(type, member, offset) HOLDS(offsetof(type, member) == (offset))

// offsetof of what is no standard-layout type: GCC and Clang give it, and warn.
#pragma GCC diagnostic ignored "-Winvalid-offsetof"

namespace tandem::test {

/// The figures of the layout tests are those of these numbers.
static_assert(abi_major == 1 && role_revision == std::array<std::uint16_t, role_count>{1, 1, 1},
              "new numbers: bring the figures of the layout tests up to date, then these");

/// Where a class's table of virtuals has this one; two entries of the destructor come first. In the
/// Itanium C++ ABI a pointer to a virtual member holds its offset in the table, plus one.
template <class Member>
std::size_t slot(Member member) {
  std::size_t offset = 0;
  std::memcpy(&offset, &member, sizeof offset);
  return (offset - 1) / sizeof(void*);
}

}  // namespace tandem::test
