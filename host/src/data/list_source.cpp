#include "data/decode_file.hpp"
#include "data/file_bytes.hpp"
#include "data/path_table.hpp"
#include "data/picture_list.hpp"
#include "data/source_kinds.hpp"
#include "tandem/base/error.hpp"

#include <string_view>

namespace tandem::data {
namespace {

namespace fs = std::filesystem;

class ListSource final : public Source {
 public:
  ListSource(fs::path folder, PictureList list, const DecodeOptions& decoding)
      : folder_(std::move(folder)), list_(std::move(list)), decoding_(decoding) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(list_.paths.size()); }
  std::int64_t label(std::int64_t index) const override {
    return list_.labels.empty() ? -1 : list_.labels[static_cast<std::size_t>(index)];
  }
  std::string name(std::int64_t index) const override {
    return std::string(list_.paths[static_cast<std::size_t>(index)]);
  }
  void read(std::int64_t index, Image& out) const override {
    decode_file(folder_ / list_.paths[static_cast<std::size_t>(index)], decoding_, out);
  }

 private:
  fs::path folder_;
  PictureList list_;
  DecodeOptions decoding_;
};

std::string text_of(const fs::path& path) {
  const RandomFile file(path);
  std::string text(static_cast<std::size_t>(file.size()), '\0');
  text.resize(file.read(0, text.data(), text.size()));
  return text;
}

std::unique_ptr<Source> open(const SourceOptions& options) {
  const DecodeOptions how = decoding(options);
  return std::make_unique<ListSource>(options.path.parent_path(),
                                      read_list(text_of(options.path), options.path.string()), how);
}

bool recognises(const fs::path& path) {
  const std::string extension = path.extension();
  return fs::is_regular_file(path) &&
         (extension == ".txt" || extension == ".csv" || extension == ".tsv" || extension == ".lst");
}

}  // namespace

constinit const SourceKind list_kind = {"list", true, true, recognises, open};

}  // namespace tandem::data
