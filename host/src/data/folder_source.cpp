#include "data/decode_file.hpp"
#include "data/file_source.hpp"
#include "data/picture_files.hpp"
#include "data/source_kinds.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

namespace tandem::data {
namespace {

namespace fs = std::filesystem;

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
  auto classes = first_folder_classes(found.paths);
  return file_source(options.path, std::move(found.paths), std::move(classes), decoding(options));
}

bool recognises(const fs::path& path) {
  return fs::is_directory(path);
}

}  // namespace

constinit const SourceKind folder_kind = {"folder", true, true, recognises, open};

}  // namespace tandem::data
