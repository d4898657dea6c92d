#include "data/decode_file.hpp"
#include "data/path_table.hpp"
#include "data/picture_files.hpp"
#include "data/shards.hpp"
#include "data/source_kinds.hpp"
#include "data/tar_file.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

namespace tandem::data {
namespace {

namespace fs = std::filesystem;

/// A member's key, which it shares with the others of its sample, and what kind of part it is:
/// before and behind the first dot of the last name on its path.
struct Split {
  std::string_view key, extension;
};

Split split(std::string_view name) {
  const auto slash = name.rfind('/');
  const auto dot = name.find('.', slash == std::string_view::npos ? 0 : slash);
  if (dot == std::string_view::npos) return {name, {}};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

/// ".hidden", and "._0001.jpg", in which macOS keeps what its file system knows of 0001.jpg: parts
/// of no sample, though they stand among its members.
bool is_hidden(std::string_view name) {
  return name.substr(name.rfind('/') + 1).starts_with('.');
}

/// `extension` is all behind a name's first dot: that of "0001.depth.png" is no picture's.
bool is_picture_extension(std::string_view extension) {
  return extension.find('.') == std::string_view::npos &&
         is_picture_name("." + std::string(extension));
}

/// Where a sample's picture lies.
struct Place {
  std::int64_t offset;
  std::uint32_t size, shard;
};

struct Index {
  std::vector<fs::path> shards;
  PathTable names;
  std::vector<Place> places;
  std::vector<std::int32_t> labels;  ///< -1: none
  std::vector<std::string> class_names;
};

/// Gathers the members of one shard into samples: neighbours with the same key.
class ShardReader {
 public:
  ShardReader(Index& index, const fs::path& path) : index_(index), file_(path) {}

  void read() {
    scan_tar(file_, [this](const TarMember& member) { take(member); });
    finish();
    index_.shards.push_back(file_.path());
  }

 private:
  void take(const TarMember& member) {
    if (is_hidden(member.name)) return;
    const auto [key, extension] = split(member.name);
    if (key != key_) finish(), key_ = key;
    if (extension == "cls") {
      label_ = label_of(member);
    } else if (!picture_ && is_picture_extension(extension)) {
      picture_ = member;
    }
  }

  void finish() {
    if (picture_) {
      const auto size = std::min(picture_->size, largest_picture_file + 1);
      index_.places.push_back({picture_->offset, static_cast<std::uint32_t>(size),
                               static_cast<std::uint32_t>(index_.shards.size())});
      index_.names.add(picture_->name);
      index_.labels.push_back(label_);
    }
    picture_.reset();
    label_ = -1;
  }

  std::int32_t label_of(const TarMember& member) const {
    std::array<char, 32> text{};
    const auto wanted = static_cast<std::size_t>(std::min<std::int64_t>(member.size, text.size()));
    const std::size_t count = file_.read(member.offset, text.data(), wanted);
    std::string_view digits(text.data(), count);
    digits = digits.substr(0, digits.find_last_not_of(" \r\n") + 1);
    std::int32_t label = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), label);
    if (error != std::errc() || end != digits.data() + digits.size() || label < 0) {
      throw Error(ErrorKind::data, Log::join(file_.path().string(), ": ", member.name,
                                             " must hold a class as a whole number from 0"));
    }
    return label;
  }

  Index& index_;
  RandomFile file_;
  std::string key_;
  std::optional<TarMember> picture_;
  std::int32_t label_ = -1;
};

class TarSource final : public Source {
 public:
  TarSource(Index index, const DecodeOptions& decoding)
      : Source(std::move(index.class_names)), index_(std::move(index)), decoding_(decoding) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(index_.places.size()); }
  std::int64_t label(std::int64_t index) const override {
    return index_.labels.empty() ? -1 : index_.labels[static_cast<std::size_t>(index)];
  }
  std::string name(std::int64_t index) const override {
    const auto at = static_cast<std::size_t>(index);
    return shard(at).filename().string() + '/' + std::string(index_.names[at]);
  }

  void read(std::int64_t index, Image& out) const override {
    const auto at = static_cast<std::size_t>(index);
    const Place& place = index_.places[at];
    const std::string called = shard(at).string() + ": " + std::string(index_.names[at]);
    if (place.size > largest_picture_file) {
      throw Error(ErrorKind::data, Log::join(called, ": has more than the ", largest_picture_file,
                                             " bytes that a picture may have"));
    }
    thread_local std::vector<std::uint8_t> bytes;
    bytes.resize(place.size);
    bytes.resize(RandomFile(shard(at)).read(place.offset, bytes.data(), place.size));
    decode_bytes(bytes, called, decoding_, out);
  }

 private:
  const fs::path& shard(std::size_t at) const { return index_.shards[index_.places[at].shard]; }

  Index index_;
  DecodeOptions decoding_;
};

/// Labels from `.cls` members, else from first folders, as for a folder of pictures.
void settle_labels(Index& index) {
  const bool any = std::any_of(index.labels.begin(), index.labels.end(),
                               [](std::int32_t label) { return label >= 0; });
  if (any) return;
  auto classes = first_folder_classes(index.names);
  index.labels = std::move(classes.labels);
  index.class_names = std::move(classes.names);
}

std::unique_ptr<Source> open(const SourceOptions& options) {
  const DecodeOptions how = decoding(options);
  Index index;
  for (const fs::path& path : shards_of(options.path)) ShardReader(index, path).read();
  if (index.places.empty()) {
    throw Error(ErrorKind::data, options.path.string() + ": holds no picture; looked for " +
                                     picture_extensions() + " behind the first dot of a name, in " +
                                     std::to_string(index.shards.size()) + " tar archives");
  }
  settle_labels(index);
  return std::make_unique<TarSource>(std::move(index), how);
}

bool recognises(const fs::path& path) {
  if (is_shard_pattern(path)) return true;
  return fs::is_directory(path) ? is_shard_folder(path) : path.extension() == ".tar";
}

}  // namespace

constinit const SourceKind tar_kind = {"tar", true, true, recognises, open};

}  // namespace tandem::data
