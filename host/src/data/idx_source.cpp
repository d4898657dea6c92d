#include "data/channels.hpp"
#include "data/decode.hpp"
#include "data/file_bytes.hpp"
#include "data/idx_file.hpp"
#include "data/source_kinds.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <optional>

namespace tandem::data {
namespace {

namespace fs = std::filesystem;

class IdxSource final : public Source {
 public:
  IdxSource(std::string name, IdxFile images, std::vector<std::uint8_t> labels, int channels)
      : name_(std::move(name)),
        images_(std::move(images)),
        labels_(std::move(labels)),
        channels_(channels) {}

  std::int64_t size() const override { return images_.shape[0]; }
  std::int64_t label(std::int64_t index) const override {
    return labels_.empty() ? -1 : labels_[static_cast<std::size_t>(index)];
  }
  std::string name(std::int64_t index) const override {
    return name_ + '[' + std::to_string(index) + ']';
  }

  void read(std::int64_t index, Image& out) const override {
    const std::int64_t height = images_.shape[1], width = images_.shape[2];
    const auto pixels = static_cast<std::size_t>(height * width);
    const std::uint8_t* from = images_.values.data() + static_cast<std::size_t>(index) * pixels;
    out.reset(static_cast<int>(height), static_cast<int>(width), channels_);
    copy_pixels(from, 1, pixels, channels_, out.u8());
  }

 private:
  std::string name_;
  IdxFile images_;
  std::vector<std::uint8_t> labels_;
  int channels_;
};

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

bool is_images(const fs::path& path) {
  const std::string name = path.filename().string();
  return contains(name, "idx") && contains(name, "images");
}

/// The files of images at the top of a folder, sorted.
std::vector<fs::path> images_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    if (is_images(entry.path()) && entry.is_regular_file(code)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// The training images of a folder, or its only ones.
fs::path choose_images(const fs::path& folder) {
  const std::vector<fs::path> found = images_in(folder);
  for (const fs::path& path : found) {
    if (path.filename().string().starts_with("train-images")) return path;
  }
  if (found.size() == 1) return found.front();
  throw Error(
      ErrorKind::data,
      folder.string() + (found.empty() ? ": holds no IDX file of images (train-images-idx3-ubyte, "
                                         "or .gz)"
                                       : ": holds several IDX files of images and none of them is "
                                         "called train-images…: name one of them as data.path"));
}

/// Where the labels of a file of images would be by its name; none where the name does not tell.
std::optional<fs::path> labels_of(const fs::path& images) {
  std::string name = images.filename().string();
  const auto replace = [&name](std::string_view from, std::string_view to) {
    const auto at = name.rfind(from);
    if (at != std::string::npos) name.replace(at, from.size(), to);
    return at != std::string::npos;
  };
  if (!replace("images-idx3", "labels-idx1") && !replace("images", "labels")) return std::nullopt;
  return images.parent_path() / name;
}

/// The labels' file, packed as the images are or not.
std::optional<fs::path> find_labels(const fs::path& images) {
  const auto named = labels_of(images);
  if (!named) return std::nullopt;
  fs::path other = *named;
  if (other.extension() == ".gz") {
    other.replace_extension();
  } else {
    other += ".gz";
  }
  for (const fs::path& path : {*named, other}) {
    if (is_named(path)) return path;
  }
  return std::nullopt;
}

std::vector<std::uint8_t> read_labels(const fs::path& images, std::int64_t count) {
  const auto path = find_labels(images);
  if (!path) return {};
  IdxFile labels = read_idx(*path, 1);
  if (labels.shape[0] != count) {
    throw Error(ErrorKind::data,
                Log::join(path->string(), ": expected ", count, " labels, one for each picture of ",
                          images.filename().string(), ", found ", labels.shape[0]));
  }
  return std::move(labels.values);
}

void check_size(const fs::path& path, const IdxFile& images, std::int64_t max_pixels) {
  try {
    check_pixels(images.shape[1], images.shape[2], max_pixels);
  } catch (const Error& error) {
    throw Error(error.kind(), path.string() + ": each picture " + error.what());
  }
}

std::unique_ptr<Source> open(const SourceOptions& options) {
  const fs::path path = fs::is_directory(options.path) ? choose_images(options.path) : options.path;
  IdxFile images = read_idx(path, 3);
  check_size(path, images, options.max_pixels);
  std::vector<std::uint8_t> labels = read_labels(path, images.shape[0]);
  return std::make_unique<IdxSource>(path.filename().string(), std::move(images), std::move(labels),
                                     read_channels(1, options.channels));
}

bool recognises(const fs::path& path) {
  if (fs::is_directory(path)) return !images_in(path).empty();
  return contains(path.filename().string(), "idx");
}

}  // namespace

constinit const SourceKind idx_kind = {"idx", true, false, recognises, open};

}  // namespace tandem::data
