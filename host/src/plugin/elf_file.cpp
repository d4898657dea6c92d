#include "plugin/elf_file.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace tandem::plugin {
namespace {

[[noreturn]] void cannot_read(const std::filesystem::path& path, int error) {
  throw Error(ErrorKind::plugin, "plugin " + path.string() + ": " + std::strerror(error));
}

template <class T>
T read_at(std::string_view bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// One past the last byte that the headers promise; saturates instead of overflowing.
std::uint64_t promised_size(std::string_view bytes, const Elf64_Ehdr& header) {
  const auto end = [](std::uint64_t begin, std::uint64_t size) {
    return begin + size < begin ? UINT64_MAX : begin + size;
  };
  std::uint64_t last = end(header.e_shoff, std::uint64_t{header.e_shnum} * header.e_shentsize);
  last = std::max(last, end(header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr)));
  if (last > bytes.size()) return last;
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = read_at<Elf64_Phdr>(bytes, header.e_phoff + i * sizeof(Elf64_Phdr));
    last = std::max(last, end(segment.p_offset, segment.p_filesz));
  }
  return last;
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) cannot_read(path, errno);
  struct stat status {};
  const bool regular = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  size_ = regular ? static_cast<std::size_t>(status.st_size) : 0;
  void* mapped = size_ > 0 ? ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0) : nullptr;
  const int error = errno;
  ::close(file);
  if (!regular) throw Error(ErrorKind::plugin, "plugin " + path.string() + ": is not a file");
  if (mapped == MAP_FAILED) cannot_read(path, error);
  data_ = static_cast<const char*>(mapped);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

std::string elf_problem(std::string_view bytes) {
  if (bytes.size() < sizeof(Elf64_Ehdr) || bytes.substr(0, SELFMAG) != ELFMAG ||
      bytes[EI_CLASS] != ELFCLASS64) {
    return "is not a 64-bit shared library";
  }
  const auto header = read_at<Elf64_Ehdr>(bytes, 0);
  if (header.e_type != ET_DYN) return "is not a shared library";
  const std::uint64_t promised = promised_size(bytes, header);
  if (promised > bytes.size()) {
    return Log::join("is truncated: its headers speak of ", promised, " bytes, the file has ",
                     bytes.size());
  }
  return {};
}

}  // namespace tandem::plugin
