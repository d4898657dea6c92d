#include "data/decode_file.hpp"
#include "data/file_bytes.hpp"
#include "data/file_source.hpp"
#include "data/picture_list.hpp"
#include "data/source_kinds.hpp"

namespace tandem::data {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  const RandomFile file(path);
  std::string text(static_cast<std::size_t>(file.size()), '\0');
  text.resize(file.read(0, text.data(), text.size()));
  return text;
}

std::unique_ptr<Source> open(const SourceOptions& options) {
  const DecodeOptions how = decoding(options);
  PictureList list = read_list(text_of(options.path), options.path.string());
  return file_source(options.path.parent_path(), std::move(list.paths), std::move(list.classes),
                     how);
}

bool recognises(const fs::path& path) {
  const std::string extension = path.extension();
  return fs::is_regular_file(path) &&
         (extension == ".txt" || extension == ".csv" || extension == ".tsv" || extension == ".lst");
}

}  // namespace

constinit const SourceKind list_kind = {"list", true, true, recognises, open};

}  // namespace tandem::data
