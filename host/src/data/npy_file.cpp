#include "data/npy_file.hpp"

#include <algorithm>
#include <string_view>

namespace tandem::data {
namespace {

namespace fs = std::filesystem;

/// A little-endian whole number of `size` bytes.
std::int64_t whole_number(const std::uint8_t* bytes, std::size_t size, bool is_signed) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | bytes[i];
  const std::size_t unused = 64 - 8 * size;
  if (!is_signed || unused == 0) return static_cast<std::int64_t>(value);
  return static_cast<std::int64_t>(value << unused) >> unused;
}

std::vector<std::int64_t> read_labels(const fs::path& path, std::int64_t count) {
  const NpyFile npy(path);
  const std::string& type = npy.header.type;
  const bool known = type.size() == 3 && (type[0] == '<' || type[0] == '|') &&
                     (type[1] == 'i' || type[1] == 'u') &&
                     std::string_view("1248").find(type[2]) != std::string_view::npos;
  if (!known) npy.fail("labels are whole numbers, not of type ", type);
  const auto& shape = npy.header.shape;
  if (shape.size() != 1 || shape[0] != count) {
    npy.fail("expected ", count, " labels, one for each picture, found ", npy.shape_text());
  }
  const auto size = static_cast<std::size_t>(type[2] - '0');
  npy.check_size(static_cast<std::int64_t>(size));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count) * size);
  npy.read(0, bytes.data(), bytes.size());
  std::vector<std::int64_t> labels(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i] =
        std::max<std::int64_t>(-1, whole_number(bytes.data() + i * size, size, type[1] == 'i'));
  }
  return labels;
}

/// Classes of the `count` records of a file, from NAME_labels.npy beside it, else labels.npy; empty
/// where there is neither.
std::vector<std::int64_t> find_labels(const fs::path& records, std::int64_t count) {
  const fs::path folder = records.parent_path();
  for (const fs::path& path :
       {folder / (records.stem().string() + "_labels.npy"), folder / "labels.npy"}) {
    if (is_named(path) && path != records) return read_labels(path, count);
  }
  return {};
}

}  // namespace

NpyFile::NpyFile(const fs::path& path) : file(path) {
  std::vector<std::uint8_t> begin(formats::npy_header_limit);
  begin.resize(file.read(0, begin.data(), begin.size()));
  try {
    header = formats::parse_npy_header(begin);
  } catch (const Error& error) {
    fail(error.what());
  }
  if (header.fortran_order) fail("is in Fortran's order; save numpy.ascontiguousarray of it");
}

void NpyFile::check_size(std::int64_t bytes) const {
  const std::int64_t wanted = header.data_begin + header.values() * bytes;
  if (file.size() == wanted) return;
  fail(file.size() < wanted ? "cut off" : "goes on after its end", ": expected ", wanted,
       " bytes, found ", file.size());
}

std::string NpyFile::shape_text() const {
  std::string text;
  for (const std::int64_t size : header.shape) {
    text += (text.empty() ? "" : " x ") + std::to_string(size);
  }
  return text;
}

void NpyFile::read(std::int64_t index, void* to, std::size_t bytes) const {
  const std::int64_t begin = header.data_begin + index * static_cast<std::int64_t>(bytes);
  if (file.read(begin, to, bytes) != bytes) fail("it became shorter");
}

NpyRecords::NpyRecords(std::unique_ptr<NpyFile> file)
    : file_(std::move(file)), labels_(find_labels(file_->file.path(), file_->header.shape[0])) {}

std::int64_t NpyRecords::label(std::int64_t index) const {
  return labels_.empty() ? -1 : labels_[static_cast<std::size_t>(index)];
}

std::string NpyRecords::name(std::int64_t index) const {
  return file_->file.path().filename().string() + '[' + std::to_string(index) + ']';
}

}  // namespace tandem::data
