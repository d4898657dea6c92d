#pragma once

#include "formats/atomic_file.hpp"
#include "formats/tensor_type.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The safetensors format: u64 header size, a JSON header, then the tensors' bytes, little-endian
/// and row-major (huggingface/safetensors, README, "Format").
namespace tandem::formats {

using Metadata = std::map<std::string, std::string>;

/// The metadata's text that holds the CRC-32C of the data: of all bytes behind the header, in their
/// order. Every file that is written has one; those of other programs need not.
inline constexpr const char* checksum_key = "data_crc32c";

/// A tensor to write: contiguous, row-major; `data` is lent for the call.
struct TensorView {
  std::string name;
  TensorType type = TensorType::f32;
  std::vector<std::int64_t> shape;
  const void* data = nullptr;
  std::size_t bytes = 0;
};

/// Writes the file whole or not at all (AtomicFile), tensors streamed one after another, larger
/// elements first so that each is aligned, else in the given order, after a pass over them for the
/// checksum. Equal input gives equal bytes. Throws Error(resource) where it cannot be written,
/// Error(internal) for two tensors of one name, an empty or reserved name, or `bytes` that do not
/// fit the shape.
FileSum write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                          const Metadata& metadata = {});

/// A tensor of a file; `begin` and `end` count from the start of the tensors' bytes.
struct TensorInfo {
  std::string name;
  TensorType type = TensorType::f32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t bytes() const { return end - begin; }
};

/// What a header says, checked.
struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;  ///< in the order of their bytes
  Metadata metadata;
};

/// Checks the JSON of a header against `data_bytes` bytes of tensors, as strictly as the reference
/// does: every byte belongs to just one tensor, sizes fit shapes without overflow, no name comes
/// twice, metadata are strings. Throws Error(checkpoint); `origin` names the file.
SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes,
                                           const std::string& origin);

/// An open file, its header read and checked. Nothing in it is executed or unpickled. No tensor is
/// given out before the data as a whole agrees with the checksum, where there is one: the first
/// `read` goes over all of it once. [one thread at a time]
class SafetensorsFile {
 public:
  /// Throws Error(checkpoint) for a file that is missing or not valid; a pickle of PyTorch's is
  /// refused with the line of Python that converts it.
  static SafetensorsFile open(const std::filesystem::path& path);
  ~SafetensorsFile();
  SafetensorsFile(SafetensorsFile&& other) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) = delete;

  const std::filesystem::path& path() const { return path_; }
  const std::vector<TensorInfo>& tensors() const { return header_.tensors; }
  /// Without the checksum, which is this file's alone.
  const Metadata& metadata() const { return header_.metadata; }
  /// Null where there is none of that name.
  const TensorInfo* find(std::string_view name) const;

  /// Copies a tensor of this file to `to`, which holds `tensor.bytes()`. Throws Error(checkpoint)
  /// where the data is damaged, or the file cannot be read to its end any more.
  void read(const TensorInfo& tensor, void* to) const;
  std::vector<std::byte> read(const TensorInfo& tensor) const;

 private:
  SafetensorsFile(std::filesystem::path path, int descriptor);
  void read_header();
  void verify_data() const;
  void read_bytes(std::uint64_t offset, void* to, std::uint64_t bytes) const;

  std::filesystem::path path_;
  int descriptor_;
  std::uint64_t data_begin_ = 0;
  SafetensorsHeader header_;
  mutable std::optional<std::string> unverified_;  // the checksum, until the data agrees with it
};

}  // namespace tandem::formats
