#pragma once

#include "data/source.hpp"
#include "tandem/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

/// What libFuzzer, or driver.cpp without it, calls: one file of a format, whatever its bytes are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace fuzz {

/// Runs `call`; false where it throws an Error that tells of data or configuration. Any other
/// exception goes on and ends the program: a finding.
template <class Call>
bool accepted(Call&& call) {
  try {
    call();
    return true;
  } catch (const tandem::Error& error) {
    using tandem::ErrorKind;
    if (error.kind() != ErrorKind::data && error.kind() != ErrorKind::config) throw;
    return false;
  }
}

/// Writes the bytes to a file of this name in a folder of this process's own, removed at its end.
std::string as_file(const std::string& name, const std::uint8_t* bytes, std::size_t size);

/// Opens the file as a data set and reads names, labels and pixels of its first pictures. Pictures
/// of more than a million pixels are refused.
void read_source(const std::string& kind, const std::string& path);

}  // namespace fuzz
