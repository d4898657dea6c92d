#pragma once

#include "plugin/elf_file.hpp"
#include "tandem/base/abi.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace tandem::plugin {

/// The stamp of this host: what a plugin is compared with.
const Stamp& host_stamp();

/// Finds the stamp in a plugin's file without loading it. Throws Error(plugin), naming the file,
/// where it is truncated, no shared library, or does not hold exactly one stamp whose size and
/// checksum fit and that is free of `defects`.
Stamp read_stamp(const MappedFile& file);
Stamp read_stamp(const std::filesystem::path& file);

/// What no stamp that TANDEM_PLUGIN made can have (texts without an end, illegal or repeated ids,
/// unknown roles): one line a defect with what was found, what is expected and the remedy. What is
/// free of them can be printed and indexed without care.
std::string defects(const Stamp& stamp);

/// Why a plugin with the stamp `found` cannot be loaded by a host with the stamp `host`: one line a
/// mismatch with what was found, what is expected and the remedy. Empty where it can.
std::string incompatibilities(const Stamp& found, const Stamp& host);

/// What is odd about a loadable plugin (another compiler major); empty where nothing is.
std::string oddities(const Stamp& found, const Stamp& host);

/// A text of a stamp; all its bytes where a forged one has no end.
template <std::size_t N>
std::string_view text(const char (&chars)[N]) {
  const std::string_view all(chars, N);
  return all.substr(0, all.find('\0'));
}

/// Whether it may be an id: what TANDEM_PLUGIN checks when a plugin is compiled.
bool legal_id(std::string_view id);

}  // namespace tandem::plugin
