#include "data/channels.hpp"
#include "data/decode.hpp"
#include "data/npy_file.hpp"
#include "data/source_kinds.hpp"

namespace tandem::data {
namespace {

namespace fs = std::filesystem;

class NpySource final : public NpyRecords {
 public:
  NpySource(std::unique_ptr<NpyFile> pictures, int channels) : NpyRecords(std::move(pictures)) {
    const auto& shape = file_->header.shape;
    height_ = static_cast<int>(shape[1]), width_ = static_cast<int>(shape[2]);
    stored_ = shape.size() == 4 ? static_cast<int>(shape[3]) : 1;
    channels_ = read_channels(stored_, channels);
  }

  void read(std::int64_t index, Image& out) const override {
    const std::size_t pixels = static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_);
    const std::size_t bytes = pixels * static_cast<std::size_t>(stored_);
    out.reset(height_, width_, channels_);
    if (stored_ == channels_) {
      file_->read(index, out.u8(), bytes);
      return;
    }
    thread_local std::vector<std::uint8_t> stored;
    stored.resize(bytes);
    file_->read(index, stored.data(), bytes);
    copy_pixels(stored.data(), stored_, pixels, channels_, out.u8());
  }

 private:
  int height_ = 0, width_ = 0, stored_ = 1, channels_ = 1;
};

void check_pictures(const NpyFile& npy, std::int64_t max_pixels) {
  const formats::NpyHeader& header = npy.header;
  if (header.type != "|u1") {
    npy.fail("holds values of type ", header.type,
             "; pictures are numpy.uint8, series numpy.float32");
  }
  const auto& shape = header.shape;
  if (shape.size() != 3 && shape.size() != 4) {
    npy.fail("is ", npy.shape_text(), "; pictures are count x height x width, or with x channels");
  }
  if (header.values() == 0) npy.fail("is ", npy.shape_text(), ": it holds no picture");
  constexpr std::int64_t most_channels = 1024;
  const bool channels_first = shape.size() == 4 && shape[1] == 3 && shape[3] > 4;
  if (channels_first || (shape.size() == 4 && shape[3] > most_channels)) {
    npy.fail("is ", npy.shape_text(),
             ": channels must come last; save numpy.ascontiguousarray(a.transpose(0, 2, 3, 1))");
  }
  try {
    check_pixels(shape[1], shape[2], max_pixels);
  } catch (const Error& error) {
    npy.fail("each picture ", error.what());
  }
  npy.check_size(1);
}

std::unique_ptr<Source> open(const SourceOptions& options) {
  auto pictures = std::make_unique<NpyFile>(options.path);
  if (pictures->header.type == "<f4" || pictures->header.type == "<f8") {
    return open_npy_series(std::move(pictures), options.channels);
  }
  check_pictures(*pictures, options.max_pixels);
  return std::make_unique<NpySource>(std::move(pictures), options.channels);
}

bool recognises(const fs::path& path) {
  return path.extension() == ".npy";
}

}  // namespace

constinit const SourceKind npy_kind = {"npy", true, false, recognises, open};

}  // namespace tandem::data
