#pragma once

#include "tandem/base/error.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

/// What libFuzzer, or driver.cpp without it, calls: one file of a format, whatever its bytes are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace fuzz {

/// Runs `call`; false where it throws an Error of one of the kinds. Any other exception goes on and
/// ends the program: a finding.
template <class Call>
bool accepted(std::initializer_list<tandem::ErrorKind> kinds, Call&& call) {
  try {
    call();
    return true;
  } catch (const tandem::Error& error) {
    if (std::find(kinds.begin(), kinds.end(), error.kind()) == kinds.end()) throw;
    return false;
  }
}

/// The same for errors that tell of data or configuration.
template <class Call>
bool accepted(Call&& call) {
  return accepted({tandem::ErrorKind::data, tandem::ErrorKind::config}, call);
}

/// Ends the program, a finding, unless it holds.
void require(bool holds, const std::string& what);

/// Writes the bytes to a file of this name in a folder of this process's own, removed at its end.
std::string as_file(const std::string& name, const std::uint8_t* bytes, std::size_t size);

}  // namespace fuzz
