#include "data/source.hpp"

#include "data/cached_source.hpp"
#include "data/shards.hpp"
#include "data/source_kinds.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/params.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace tandem::data {
namespace {

const SourceKind& by_name(const std::string& name) {
  for (const SourceKind* kind : all_kinds) {
    if (name == kind->name) return *kind;
  }
  std::string known = "auto";
  for (const std::string& other : source_kinds()) known += ", " + other;
  throw Error(ErrorKind::config,
              "data.source = \"" + name + "\" is not a kind of data set; known are " + known);
}

const SourceKind& by_looking(const std::filesystem::path& path) {
  for (const SourceKind* kind : all_kinds) {
    if (kind->recognises(path)) return *kind;
  }
  throw Error(ErrorKind::data,
              path.string() +
                  ": not a data set: give a folder of pictures, CIFAR's binary version, tar "
                  "shards, an IDX file (its name contains \"idx\"), an .npy file, or a list of "
                  "files (.txt, .csv)");
}

void require_path(const std::filesystem::path& path) {
  if (path.empty()) {
    throw Error(ErrorKind::data, "no data set is named: give its folder with --data or data.path");
  }
  std::error_code code;
  if (!std::filesystem::exists(path, code) && !is_shard_pattern(path)) {
    const std::string reason = code ? code.message() : "no such file or folder";
    throw Error(ErrorKind::data, path.string() + ": " + reason + ": check --data or data.path");
  }
}

const SourceKind& choose(const SourceOptions& options) {
  if (options.kind == "auto") {
    require_path(options.path);
    return by_looking(options.path);
  }
  const SourceKind& kind = by_name(options.kind);
  if (kind.needs_path) require_path(options.path);
  return kind;
}

class Subset final : public Source {
 public:
  Subset(std::shared_ptr<const Source> whole, std::vector<std::int64_t> indices)
      : Source(whole->class_names()), whole_(std::move(whole)), indices_(std::move(indices)) {
    for (std::int64_t index : indices_) {
      if (index < 0 || index >= whole_->size()) {
        throw Error(ErrorKind::internal, "a subset asks for picture " + std::to_string(index) +
                                             " of " + std::to_string(whole_->size()));
      }
    }
  }

  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  void read(std::int64_t index, Image& out) const override { whole_->read(at(index), out); }
  std::int64_t label(std::int64_t index) const override { return whole_->label(at(index)); }
  std::string name(std::int64_t index) const override { return whole_->name(at(index)); }

 private:
  std::int64_t at(std::int64_t index) const { return indices_[static_cast<std::size_t>(index)]; }

  std::shared_ptr<const Source> whole_;
  std::vector<std::int64_t> indices_;
};

/// FNV-1a, 64 bits.
class Hash {
 public:
  void add(const void* bytes, std::size_t count) {
    const auto* byte = static_cast<const std::uint8_t*>(bytes);
    for (std::size_t i = 0; i < count; ++i) value_ = (value_ ^ byte[i]) * 1099511628211u;
  }
  void add(std::int64_t number) { add(&number, sizeof number); }
  void add(const std::string& text) {
    add(static_cast<std::int64_t>(text.size()));
    add(text.data(), text.size());
  }
  std::string hex() const {
    char text[17];
    std::snprintf(text, sizeof text, "%016" PRIx64, value_);
    return text;
  }

 private:
  std::uint64_t value_ = 14695981039346656037u;
};

void add_pixels(const Source& source, std::int64_t index, Hash& hash) {
  Image image;
  try {
    source.read(index, image);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::data) throw;
    hash.add(std::string("unreadable"));
    return;
  }
  hash.add(image.height()), hash.add(image.width()), hash.add(image.channels());
  if (image.type() == PixelType::u8)
    hash.add(image.u8(), image.values());
  else
    hash.add(image.f32(), image.values() * sizeof(float));
}

}  // namespace

std::unique_ptr<Source> open_source(const SourceOptions& options) {
  const SourceKind& kind = choose(options);
  auto source = kind.open(options);
  if (!kind.encoded || options.cache_bytes == 0) return source;
  return cached(std::move(source), options.cache_bytes);
}

std::vector<std::string> source_kinds() {
  std::vector<std::string> names;
  names.reserve(std::size(all_kinds));
  for (const SourceKind* kind : all_kinds) names.emplace_back(kind->name);
  return names;
}

std::unique_ptr<Source> subset(std::shared_ptr<const Source> whole,
                               std::vector<std::int64_t> indices) {
  return std::make_unique<Subset>(std::move(whole), std::move(indices));
}

std::string fingerprint(const Source& source) {
  Hash hash;
  const std::int64_t size = source.size(), looked_at = std::min<std::int64_t>(size, 16);
  hash.add(size);
  for (std::int64_t i = 0; i < size; ++i) hash.add(source.name(i)), hash.add(source.label(i));
  for (std::int64_t i = 0; i < looked_at; ++i) add_pixels(source, i * size / looked_at, hash);
  return hash.hex();
}

}  // namespace tandem::data
