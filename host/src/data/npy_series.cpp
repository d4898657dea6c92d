#include "data/npy_file.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::data {
namespace {

class NpySeries final : public NpyRecords {
 public:
  explicit NpySeries(std::unique_ptr<NpyFile> file) : NpyRecords(std::move(file)) {
    const auto& shape = file_->header.shape;
    length_ = static_cast<int>(shape[1]);
    channels_ = shape.size() == 3 ? static_cast<int>(shape[2]) : 1;
  }

  void read(std::int64_t index, Image& out) const override {
    out.reset(1, length_, channels_, PixelType::f32);
    float* to = out.f32();
    if (file_->header.type == "<f4") {
      file_->read(index, to, out.values() * sizeof(float));
    } else {
      thread_local std::vector<double> stored;
      stored.resize(out.values());
      file_->read(index, stored.data(), stored.size() * sizeof(double));
      std::transform(stored.begin(), stored.end(), to,
                     [](double value) { return static_cast<float>(value); });
    }
    if (!std::all_of(to, to + out.values(), [](float value) { return std::isfinite(value); })) {
      file_->fail("record ", index, " holds a value that is not finite");
    }
  }

 private:
  int length_ = 0, channels_ = 1;
};

}  // namespace

std::unique_ptr<Source> open_npy_series(std::unique_ptr<NpyFile> file, int channels) {
  const auto& header = file->header;
  const auto& shape = header.shape;
  constexpr std::int64_t longest = 1 << 24;
  if ((shape.size() != 2 && shape.size() != 3) || header.values() == 0 || shape[1] > longest ||
      shape.back() > longest) {
    file->fail("is ", file->shape_text(),
               "; series of floats are count x length, or with x channels");
  }
  const std::int64_t stored = shape.size() == 3 ? shape[2] : 1;
  if (channels != 0 && channels != stored) {
    throw Error(ErrorKind::config,
                Log::join("data.channels is ", channels, ", but the series have ", stored));
  }
  file->check_size(header.type == "<f4" ? 4 : 8);
  return std::make_unique<NpySeries>(std::move(file));
}

}  // namespace tandem::data
