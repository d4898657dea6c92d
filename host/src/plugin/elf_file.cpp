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

FileIdentity identity_from(const struct stat& status) {
  const auto ns = [](const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  };
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
          ns(status.st_mtim), ns(status.st_ctim)};
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

FileIdentity identity_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) cannot_read(path, errno);
  return identity_from(status);
}

MappedFile::MappedFile(std::filesystem::path path) : path_(std::move(path)) {
  // Not blocking: a pipe has no bytes to wait for.
  const int file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) cannot_read(path_, errno);
  struct stat status {};
  const bool regular = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  if (regular) identity_ = identity_from(status);
  void* mapped = identity_.size > 0
                     ? ::mmap(nullptr, identity_.size, PROT_READ, MAP_PRIVATE, file, 0)
                     : nullptr;
  const int error = errno;
  ::close(file);
  if (!regular) throw Error(ErrorKind::plugin, "plugin " + path_.string() + ": is not a file");
  if (mapped == MAP_FAILED) cannot_read(path_, error);
  data_ = static_cast<const char*>(mapped);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), identity_.size);
}

std::string elf_problem(std::string_view bytes) {
  if (bytes.size() < sizeof(Elf64_Ehdr) || bytes.substr(0, SELFMAG) != ELFMAG ||
      bytes[EI_CLASS] != ELFCLASS64) {
    return "is not a 64-bit shared library: found no header of one, expected the .so that "
           "tandem_add_plugin() builds; give that file";
  }
  const auto header = read_at<Elf64_Ehdr>(bytes, 0);
  if (header.e_type != ET_DYN) {
    return Log::join("is not a shared library: found ELF type ", header.e_type, ", expected ",
                     ET_DYN, "; give the .so that tandem_add_plugin() builds");
  }
  const std::uint64_t promised = promised_size(bytes, header);
  if (promised > bytes.size()) {
    return Log::join("is truncated: found ", bytes.size(), " bytes, expected at least the ",
                     promised, " that its headers speak of; copy or build it again");
  }
  return {};
}

}  // namespace tandem::plugin
