#include "formats/safetensors.hpp"

#include "formats/crc32c.hpp"
#include "tandem/base/error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace tandem::formats {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are stored little-endian");

constexpr std::uint64_t header_limit = 100'000'000;  // of the reference implementation

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorKind::checkpoint, path.string() + ": " + what);
}

/// PyTorch writes a zip since 1.6 and a bare pickle (protocol 2 to 5) before. Taken for the size of
/// a header, the first bytes of either are far beyond the limit.
bool looks_pickled(const std::array<unsigned char, 8>& start) {
  if (std::bit_cast<std::uint64_t>(start) <= header_limit) return false;
  const bool zip = start[0] == 'P' && start[1] == 'K' && start[2] == 3 && start[3] == 4;
  return zip || (start[0] == 0x80 && start[1] >= 2 && start[1] <= 5);
}

/// A path as it may stand in a line for a shell; one with signs that could do something there is
/// not copied into it.
std::string in_a_line(const std::filesystem::path& path, const char* otherwise) {
  const std::string text = path.string();
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c >= ' ' && c != 0x7f &&
           std::string_view("'\"`$\\!").find(static_cast<char>(c)) == std::string_view::npos;
  });
  return plain ? text : otherwise;
}

std::string conversion(const std::filesystem::path& path) {
  std::filesystem::path to = path;
  to.replace_extension(".safetensors");
  // A checkpoint of Lightning's, or of MoCo's kind, holds its weights under "state_dict".
  return "a pickle of PyTorch's, which can run code when it is read; convert it once, if you trust "
         "it: "
         "python -c \"import torch, safetensors.torch as s; d = torch.load('" +
         in_a_line(path, "PICKLE") +
         "', map_location='cpu', weights_only=True); s.save_file({k: v.clone().contiguous() for k, "
         "v in d.get('state_dict', d).items()}, '" +
         in_a_line(to, "WEIGHTS.safetensors") + "')\"";
}

}  // namespace

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
  // Not to wait for whom a pipe has no writer yet: read_header refuses what is no file.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) refuse(path, "cannot be read: " + std::generic_category().message(errno));
  SafetensorsFile file(path, descriptor);
  file.read_header();
  return file;
}

SafetensorsFile::SafetensorsFile(std::filesystem::path path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {}

SafetensorsFile::SafetensorsFile(SafetensorsFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      data_begin_(other.data_begin_),
      header_(std::move(other.header_)),
      unverified_(std::move(other.unverified_)) {}

SafetensorsFile::~SafetensorsFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void SafetensorsFile::read_header() {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode))
    refuse(path_, "not a regular file");
  const auto file_bytes = static_cast<std::uint64_t>(status.st_size);
  std::array<unsigned char, 8> start{};
  if (file_bytes < start.size())
    refuse(path_, "too short for a safetensors file; fetch or save it again");
  read_bytes(0, start.data(), start.size());
  if (looks_pickled(start)) refuse(path_, conversion(path_));
  const auto header_bytes = std::bit_cast<std::uint64_t>(start);
  if (header_bytes > header_limit || header_bytes > file_bytes - start.size())
    refuse(path_, "not a valid safetensors file: it is cut off, or no safetensors file at all");
  std::string json(header_bytes, '\0');
  read_bytes(start.size(), json.data(), header_bytes);
  data_begin_ = start.size() + header_bytes;
  header_ = parse_safetensors_header(json, file_bytes - data_begin_, path_.string());
  if (auto sum = header_.metadata.extract(checksum_key)) unverified_ = std::move(sum.mapped());
}

/// A checksum has one spelling: compared as texts, a malformed one is damage too.
void SafetensorsFile::verify_data() const {
  if (!unverified_) return;
  const std::uint64_t end = header_.tensors.empty() ? 0 : header_.tensors.back().end;
  std::string part(std::min(end, std::uint64_t{1} << 18), '\0');
  std::uint32_t sum = 0;
  for (std::uint64_t begin = 0; begin < end; begin += part.size()) {
    const std::uint64_t bytes = std::min<std::uint64_t>(part.size(), end - begin);
    read_bytes(data_begin_ + begin, part.data(), bytes);
    sum = crc32c({part.data(), bytes}, sum);
  }
  if (crc32c_text(sum) != *unverified_)
    refuse(path_,
           "its data is damaged: it does not have the checksum that its header tells; fetch "
           "or save it again, or take a run's from its checkpoints (who changes its tensors "
           "must leave " +
               std::string(checksum_key) + " out of its metadata)");
  unverified_.reset();
}

void SafetensorsFile::read_bytes(std::uint64_t offset, void* to, std::uint64_t bytes) const {
  constexpr std::uint64_t at_once = std::uint64_t{1}
                                    << 30;  // Linux reads at most 2 GiB in one call
  auto* out = static_cast<char*>(to);
  while (bytes > 0) {
    const ssize_t got =
        ::pread(descriptor_, out, std::min(bytes, at_once), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(path_, "cannot be read: " + std::generic_category().message(errno));
    if (got == 0) refuse(path_, "became shorter while it was read; another program writes it");
    out += got;
    offset += static_cast<std::uint64_t>(got);
    bytes -= static_cast<std::uint64_t>(got);
  }
}

const TensorInfo* SafetensorsFile::find(std::string_view name) const {
  const auto& all = header_.tensors;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const TensorInfo& t) { return t.name == name; });
  return found == all.end() ? nullptr : &*found;
}

void SafetensorsFile::read(const TensorInfo& tensor, void* to) const {
  verify_data();
  read_bytes(data_begin_ + tensor.begin, to, tensor.bytes());
}

std::vector<std::byte> SafetensorsFile::read(const TensorInfo& tensor) const {
  std::vector<std::byte> bytes(tensor.bytes());
  read(tensor, bytes.data());
  return bytes;
}

}  // namespace tandem::formats
