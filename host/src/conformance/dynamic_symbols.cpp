#include "conformance/dynamic_symbols.hpp"

#include "plugin/elf_file.hpp"
#include "tandem/base/error.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace tandem::conformance {
namespace {

/// Reads records out of a file, every one checked against its end.
class Records {
 public:
  Records(std::string_view bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

  template <class T>
  T at(std::uint64_t offset) const {
    T record;
    std::memcpy(&record, part(offset, sizeof record).data(), sizeof record);
    return record;
  }
  std::string_view part(std::uint64_t offset, std::uint64_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset)
      throw Error(ErrorKind::plugin, "plugin " + name_ + " has a broken table of symbols");
    return bytes_.substr(offset, size);
  }

 private:
  std::string_view bytes_;
  std::string name_;
};

bool is_exported(const Elf64_Sym& symbol) {
  const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && ELF64_ST_BIND(symbol.st_info) == STB_GLOBAL &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

/// Of the linker, or of AddressSanitizer, which marks each exported object.
bool is_tools_own(std::string_view name) {
  constexpr std::string_view names[] = {"_init", "_fini", "_end", "_edata", "__bss_start"};
  return name.starts_with("__odr_asan.") ||
         std::find(std::begin(names), std::end(names), name) != std::end(names);
}

void collect(const Records& file, const Elf64_Shdr& table, const Elf64_Shdr& text, Strings& names) {
  for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= table.sh_size; at += sizeof(Elf64_Sym)) {
    const auto symbol = file.at<Elf64_Sym>(table.sh_offset + at);
    if (!is_exported(symbol) || symbol.st_name >= text.sh_size) continue;
    const auto rest = file.part(text.sh_offset + symbol.st_name, text.sh_size - symbol.st_name);
    const auto name = rest.substr(0, rest.find('\0'));
    if (!is_tools_own(name)) names.emplace_back(name);
  }
}

}  // namespace

Strings strong_exports(const std::filesystem::path& library) {
  const plugin::MappedFile mapped(library);
  const Records file(mapped.bytes(), library.string());
  const auto header = file.at<Elf64_Ehdr>(0);
  const auto section = [&](std::uint64_t i) {
    return file.at<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr));
  };
  Strings names;
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    const auto table = section(i);
    if (table.sh_type == SHT_DYNSYM) collect(file, table, section(table.sh_link), names);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace tandem::conformance
