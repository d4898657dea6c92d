#include "data/decode_file.hpp"
#include "data/picture_files.hpp"
#include "data/source_kinds.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

namespace tandem::data {
namespace {

namespace fs = std::filesystem;

class FolderSource final : public Source {
 public:
  FolderSource(fs::path folder, PathTable paths, const DecodeOptions& decoding)
      : folder_(std::move(folder)),
        paths_(std::move(paths)),
        labels_(first_folder_labels(paths_)),
        decoding_(decoding) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(paths_.size()); }
  std::int64_t label(std::int64_t index) const override {
    return labels_.empty() ? -1 : labels_[static_cast<std::size_t>(index)];
  }
  std::string name(std::int64_t index) const override {
    return std::string(paths_[static_cast<std::size_t>(index)]);
  }

  void read(std::int64_t index, Image& out) const override {
    decode_file(folder_ / paths_[static_cast<std::size_t>(index)], decoding_, out);
  }

 private:
  fs::path folder_;
  PathTable paths_;
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
  return std::make_unique<FolderSource>(options.path, std::move(found.paths), decoding(options));
}

bool recognises(const fs::path& path) {
  return fs::is_directory(path);
}

}  // namespace

constinit const SourceKind folder_kind = {"folder", true, true, recognises, open};

}  // namespace tandem::data
