#pragma once

#include "data/file_bytes.hpp"
#include "data/source.hpp"
#include "formats/npy.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tandem::data {

/// An open .npy file in C's order. [const, many threads at once]
struct NpyFile {
  /// Throws Error(data), naming the file.
  explicit NpyFile(const std::filesystem::path& path);

  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw Error(ErrorKind::data, Log::join(file.path().string(), ": ", parts...));
  }
  /// Throws Error(data) unless the file is as large as its header says, for values of `bytes`
  /// bytes each.
  void check_size(std::int64_t bytes) const;
  /// "60 x 28 x 28", for messages.
  std::string shape_text() const;
  /// Reads record `index`, of `bytes` bytes.
  void read(std::int64_t index, void* to, std::size_t bytes) const;

  RandomFile file;
  formats::NpyHeader header;
};

/// What .npy sources have in common: a file of records, and their classes from NAME_labels.npy
/// beside it, else labels.npy, else none.
class NpyRecords : public Source {
 public:
  /// The file's header has been checked. Throws Error(data) for labels that do not fit.
  explicit NpyRecords(std::unique_ptr<NpyFile> file);
  std::int64_t size() const override { return file_->header.shape[0]; }
  std::int64_t label(std::int64_t index) const override;
  std::string name(std::int64_t index) const override;

 protected:
  std::unique_ptr<NpyFile> file_;

 private:
  std::vector<std::int64_t> labels_;
};

/// Series of floats, N x length or N x length x channels, as pictures of one row. Throws
/// Error(data), and Error(config) where `channels` is another number than theirs.
std::unique_ptr<Source> open_npy_series(std::unique_ptr<NpyFile> file, int channels);

}  // namespace tandem::data
