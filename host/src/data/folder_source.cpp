#include "data/decode.hpp"
#include "data/file_bytes.hpp"
#include "data/picture_files.hpp"
#include "data/source_kinds.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <set>
#include <string_view>

namespace tandem::data {
namespace {

namespace fs = std::filesystem;

/// The first folder on a path; empty for a file at the top.
std::string_view first_folder(std::string_view path) {
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

/// Classes where every picture lies in a first-level folder and there are two or more of these,
/// numbered in sorted order; else empty.
std::vector<std::int32_t> labels_of(const std::vector<std::string>& sorted_paths) {
  std::set<std::string_view> folders;
  for (const std::string& path : sorted_paths) {
    const std::string_view folder = first_folder(path);
    if (folder.empty()) return {};
    folders.insert(folder);
  }
  if (folders.size() < 2) return {};
  std::vector<std::int32_t> labels;
  labels.reserve(sorted_paths.size());
  for (const std::string& path : sorted_paths) {
    labels.push_back(static_cast<std::int32_t>(
        std::distance(folders.begin(), folders.find(first_folder(path)))));
  }
  return labels;
}

class FolderSource final : public Source {
 public:
  FolderSource(fs::path folder, std::vector<std::string> paths, const DecodeOptions& decoding)
      : folder_(std::move(folder)),
        paths_(std::move(paths)),
        labels_(labels_of(paths_)),
        decoding_(decoding) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(paths_.size()); }
  std::int64_t label(std::int64_t index) const override {
    return labels_.empty() ? -1 : labels_[static_cast<std::size_t>(index)];
  }
  std::string name(std::int64_t index) const override {
    return paths_[static_cast<std::size_t>(index)];
  }

  void read(std::int64_t index, Image& out) const override {
    const fs::path path = folder_ / paths_[static_cast<std::size_t>(index)];
    thread_local std::vector<std::uint8_t> bytes;
    read_bytes(path, bytes);
    try {
      decode(bytes, decoding_, out);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::data) throw;
      throw Error(ErrorKind::data, path.string() + ": " + error.what());
    }
  }

 private:
  fs::path folder_;
  std::vector<std::string> paths_;
  std::vector<std::int32_t> labels_;
  DecodeOptions decoding_;
};

[[noreturn]] void nothing_found(const fs::path& folder, std::int64_t others) {
  if (others == 0)
    throw Error(ErrorKind::data,
                folder.string() +
                    ": the folder is empty; put pictures into it, or name another with --data");
  throw Error(ErrorKind::data,
              Log::join(folder.string(), ": holds no picture; looked for ", picture_extensions(),
                        " here and in all folders below, and found ", others, " other ",
                        others == 1 ? "file" : "files"));
}

std::unique_ptr<Source> open(const SourceOptions& options) {
  if (!fs::is_directory(options.path)) {
    throw Error(ErrorKind::data, options.path.string() + ": not a folder");
  }
  PictureFiles found = find_pictures(options.path);
  if (found.paths.empty()) nothing_found(options.path, found.others);
  const DecodeOptions decoding{options.channels == 0 ? 3 : options.channels, options.max_pixels};
  return std::make_unique<FolderSource>(options.path, std::move(found.paths), decoding);
}

bool recognises(const fs::path& path) {
  return fs::is_directory(path);
}

}  // namespace

constinit const SourceKind folder_kind = {"folder", true, recognises, open};

}  // namespace tandem::data
