#include "data/channels.hpp"
#include "data/decode.hpp"
#include "data/file_bytes.hpp"
#include "data/source_kinds.hpp"
#include "formats/npy.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <string_view>

namespace tandem::data {
namespace {

namespace fs = std::filesystem;
using formats::NpyHeader;

template <class... Parts>
[[noreturn]] void fail(const fs::path& path, const Parts&... parts) {
  throw Error(ErrorKind::data, Log::join(path.string(), ": ", parts...));
}

/// An open file whose header fits its size.
struct NpyFile {
  explicit NpyFile(const fs::path& path) : file(path) {
    std::vector<std::uint8_t> begin(formats::npy_header_limit);
    begin.resize(file.read(0, begin.data(), begin.size()));
    try {
      header = formats::parse_npy_header(begin);
    } catch (const Error& error) {
      fail(path, error.what());
    }
    if (header.fortran_order) {
      fail(path, "is in Fortran's order; save numpy.ascontiguousarray of it");
    }
  }

  /// For values of `bytes` bytes each.
  void check_size(std::int64_t bytes) const {
    const std::int64_t wanted = header.data_begin + header.values() * bytes;
    if (file.size() == wanted) return;
    fail(file.path(), file.size() < wanted ? "cut off" : "goes on after its end", ": expected ",
         wanted, " bytes, found ", file.size());
  }

  RandomFile file;
  NpyHeader header;
};

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

class NpySource final : public Source {
 public:
  NpySource(std::unique_ptr<NpyFile> pictures, std::vector<std::int64_t> labels, int channels)
      : pictures_(std::move(pictures)), labels_(std::move(labels)) {
    const auto& shape = pictures_->header.shape;
    height_ = static_cast<int>(shape[1]), width_ = static_cast<int>(shape[2]);
    stored_ = shape.size() == 4 ? static_cast<int>(shape[3]) : 1;
    channels_ = read_channels(stored_, channels);
  }

  std::int64_t size() const override { return pictures_->header.shape[0]; }
  std::int64_t label(std::int64_t index) const override {
    return labels_.empty() ? -1 : labels_[static_cast<std::size_t>(index)];
  }
  std::string name(std::int64_t index) const override {
    return path().filename().string() + '[' + std::to_string(index) + ']';
  }

  void read(std::int64_t index, Image& out) const override {
    const std::size_t pixels = static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_);
    const std::size_t bytes = pixels * static_cast<std::size_t>(stored_);
    out.reset(height_, width_, channels_);
    if (stored_ == channels_) {
      fill(index, out.u8(), bytes);
      return;
    }
    thread_local std::vector<std::uint8_t> stored;
    stored.resize(bytes);
    fill(index, stored.data(), bytes);
    copy_pixels(stored.data(), stored_, pixels, channels_, out.u8());
  }

 private:
  const fs::path& path() const { return pictures_->file.path(); }

  void fill(std::int64_t index, std::uint8_t* to, std::size_t bytes) const {
    const std::int64_t begin =
        pictures_->header.data_begin + index * static_cast<std::int64_t>(bytes);
    if (pictures_->file.read(begin, to, bytes) != bytes) fail(path(), "it became shorter");
  }

  std::unique_ptr<NpyFile> pictures_;
  std::vector<std::int64_t> labels_;
  int height_ = 0, width_ = 0, stored_ = 1, channels_ = 1;
};

void check_pictures(const NpyFile& npy, std::int64_t max_pixels) {
  const NpyHeader& header = npy.header;
  const fs::path& path = npy.file.path();
  if (header.type != "|u1") {
    fail(path, "holds values of type ", header.type, "; pictures are 8-bit, numpy.uint8");
  }
  const auto& shape = header.shape;
  if (shape.size() != 3 && shape.size() != 4) {
    fail(path, "is ", shape_text(shape),
         "; pictures are count x height x width, or with x channels");
  }
  if (header.values() == 0) fail(path, "is ", shape_text(shape), ": it holds no picture");
  constexpr std::int64_t most_channels = 1024;
  const bool channels_first = shape.size() == 4 && shape[1] == 3 && shape[3] > 4;
  if (channels_first || (shape.size() == 4 && shape[3] > most_channels)) {
    fail(path, "is ", shape_text(shape),
         ": channels must come last; save numpy.ascontiguousarray(a.transpose(0, 2, 3, 1))");
  }
  try {
    check_pixels(shape[1], shape[2], max_pixels);
  } catch (const Error& error) {
    fail(path, "each picture ", error.what());
  }
  npy.check_size(1);
}

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
  if (!known) fail(path, "labels are whole numbers, not of type ", type);
  const auto& shape = npy.header.shape;
  if (shape.size() != 1 || shape[0] != count) {
    fail(path, "expected ", count, " labels, one for each picture, found ", shape_text(shape));
  }
  const auto size = static_cast<std::size_t>(type[2] - '0');
  npy.check_size(static_cast<std::int64_t>(size));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count) * size);
  if (npy.file.read(npy.header.data_begin, bytes.data(), bytes.size()) != bytes.size()) {
    fail(path, "it became shorter");
  }
  std::vector<std::int64_t> labels(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i] =
        std::max<std::int64_t>(-1, whole_number(bytes.data() + i * size, size, type[1] == 'i'));
  }
  return labels;
}

/// NAME_labels.npy beside NAME.npy, else labels.npy.
std::vector<std::int64_t> find_labels(const fs::path& pictures, std::int64_t count) {
  const fs::path folder = pictures.parent_path();
  for (const fs::path& path :
       {folder / (pictures.stem().string() + "_labels.npy"), folder / "labels.npy"}) {
    if (fs::is_regular_file(path) && path != pictures) return read_labels(path, count);
  }
  return {};
}

std::unique_ptr<Source> open(const SourceOptions& options) {
  auto pictures = std::make_unique<NpyFile>(options.path);
  check_pictures(*pictures, options.max_pixels);
  auto labels = find_labels(options.path, pictures->header.shape[0]);
  return std::make_unique<NpySource>(std::move(pictures), std::move(labels), options.channels);
}

bool recognises(const fs::path& path) {
  return path.extension() == ".npy";
}

}  // namespace

constinit const SourceKind npy_kind = {"npy", true, false, recognises, open};

}  // namespace tandem::data
