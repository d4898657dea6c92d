#include "data/channels.hpp"
#include "data/decode.hpp"
#include "data/file_bytes.hpp"
#include "data/source_kinds.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace tandem::data {
namespace {

namespace fs = std::filesystem;

constexpr int side = 32;
constexpr std::int64_t plane = std::int64_t{side} * side;

/// The binary version of CIFAR-10 or CIFAR-100 (www.cs.toronto.edu/~kriz/cifar.html): records of
/// labels and three planes of pixels.
struct Layout {
  std::int64_t labels;  ///< bytes before the pixels; the last one is the fine label
  int classes;
  std::int64_t record() const { return labels + 3 * plane; }
};
constexpr Layout cifar10{1, 10}, cifar100{2, 100};

std::string name_of(const fs::path& path) {
  return path.filename().string();
}

bool is_cifar100_name(const fs::path& path) {
  return name_of(path) == "train.bin" || name_of(path) == "test.bin";
}

bool is_cifar_name(const fs::path& path) {
  const std::string name = name_of(path);
  return is_cifar100_name(path) || name == "test_batch.bin" ||
         (name.starts_with("data_batch_") && name.ends_with(".bin"));
}

class CifarSource final : public Source {
 public:
  CifarSource(const std::vector<fs::path>& files, const Layout& layout, int channels)
      : layout_(layout), channels_(read_channels(3, channels)) {
    for (const fs::path& path : files) add(path);
  }

  std::int64_t size() const override { return parts_.back().first + parts_.back().count; }
  std::int64_t label(std::int64_t index) const override {
    return record(index)[layout_.labels - 1];
  }
  std::string name(std::int64_t index) const override {
    const Part& part = part_of(index);
    return part.name + '[' + std::to_string(index - part.first) + ']';
  }

  void read(std::int64_t index, Image& out) const override {
    const std::uint8_t* red = record(index) + layout_.labels;
    std::array<std::uint8_t, 3 * plane> pixels;
    for (std::size_t i = 0; i < plane; ++i) {
      for (std::size_t c = 0; c < 3; ++c) pixels[3 * i + c] = red[c * plane + i];
    }
    out.reset(side, side, channels_);
    copy_pixels(pixels.data(), 3, plane, channels_, out.u8());
  }

 private:
  struct Part {
    std::string name;
    std::int64_t first, count;
  };

  void add(const fs::path& path) {
    const RandomFile file(path);
    const std::int64_t record = layout_.record(), count = file.size() / record;
    if (count == 0 || file.size() % record != 0) {
      throw Error(ErrorKind::data,
                  Log::join(path.string(), ": expected CIFAR-", layout_.classes, "'s records of ",
                            record, " bytes each, found ", count, " and ", file.size() % record,
                            " bytes more: it is cut off, or another file"));
    }
    const std::int64_t first = parts_.empty() ? 0 : size();
    parts_.push_back({name_of(path), first, count});
    const std::size_t begin = bytes_.size();
    bytes_.resize(begin + static_cast<std::size_t>(file.size()));
    const std::size_t got = file.read(0, bytes_.data() + begin, bytes_.size() - begin);
    if (got != bytes_.size() - begin) {
      throw Error(ErrorKind::data, path.string() + ": it became shorter while it was read");
    }
    for (std::int64_t i = first; i < first + count; ++i) check_label(path, i);
  }

  void check_label(const fs::path& path, std::int64_t index) const {
    if (label(index) < layout_.classes) return;
    throw Error(ErrorKind::data, Log::join(path.string(), ": record ", index - parts_.back().first,
                                           " has the label ", label(index), " of CIFAR-",
                                           layout_.classes, "; it is damaged, or another file"));
  }

  const std::uint8_t* record(std::int64_t index) const {
    return bytes_.data() + index * layout_.record();
  }

  const Part& part_of(std::int64_t index) const {
    return *std::prev(std::upper_bound(parts_.begin(), parts_.end(), index,
                                       [](std::int64_t i, const Part& p) { return i < p.first; }));
  }

  Layout layout_;
  int channels_;
  std::vector<Part> parts_;
  std::vector<std::uint8_t> bytes_;
};

/// The training files of a folder, in order.
std::vector<fs::path> training_files(const fs::path& folder) {
  std::vector<fs::path> found;
  for (int batch = 1; batch <= 5; ++batch) {
    const fs::path path = folder / ("data_batch_" + std::to_string(batch) + ".bin");
    if (fs::is_regular_file(path)) found.push_back(path);
  }
  if (found.empty() && fs::is_regular_file(folder / "train.bin")) {
    found.push_back(folder / "train.bin");
  }
  return found;
}

std::unique_ptr<Source> open(const SourceOptions& options) {
  const bool folder = fs::is_directory(options.path);
  const auto files = folder ? training_files(options.path) : std::vector{options.path};
  if (files.empty()) {
    throw Error(ErrorKind::data,
                options.path.string() +
                    ": holds neither data_batch_1.bin (CIFAR-10) nor train.bin (CIFAR-100); the "
                    "binary version is meant, not Python's or Matlab's");
  }
  const Layout layout = is_cifar100_name(files.front()) ? cifar100 : cifar10;
  return std::make_unique<CifarSource>(files, layout, options.channels);
}

bool recognises(const fs::path& path) {
  return fs::is_directory(path) ? !training_files(path).empty() : is_cifar_name(path);
}

}  // namespace

constinit const SourceKind cifar_kind = {"cifar", true, false, recognises, open};

}  // namespace tandem::data
