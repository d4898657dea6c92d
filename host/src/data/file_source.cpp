#include "data/file_source.hpp"

#include "data/decode_file.hpp"

#include <string>

namespace tandem::data {
namespace {

namespace fs = std::filesystem;

class FileSource final : public Source {
 public:
  FileSource(fs::path folder, PathTable paths, Classes classes, const DecodeOptions& decoding)
      : Source(std::move(classes.names)),
        folder_(std::move(folder)),
        paths_(std::move(paths)),
        labels_(std::move(classes.labels)),
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

}  // namespace

std::unique_ptr<Source> file_source(fs::path folder, PathTable paths, Classes classes,
                                    const DecodeOptions& decoding) {
  return std::make_unique<FileSource>(std::move(folder), std::move(paths), std::move(classes),
                                      decoding);
}

}  // namespace tandem::data
