#pragma once

#include "tandem/base/image.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tandem::data {

/// A data set: pictures by number. [const, many threads at once]
class Source {
 public:
  virtual ~Source() = default;
  virtual std::int64_t size() const = 0;
  /// Decodes picture `index` into `out` as 8-bit pixels, height × width × channels, reusing its
  /// buffer; a series has one row, of floats. Throws Error(data), naming the picture, where it
  /// cannot be read; `out` is then undefined.
  virtual void read(std::int64_t index, Image& out) const = 0;
  /// The picture's class, counted from 0; -1 where there is none.
  virtual std::int64_t label(std::int64_t index) const = 0;
  /// What a person calls the picture: a path below the data set's folder, or a file and a number.
  virtual std::string name(std::int64_t index) const = 0;

  /// What the classes are called, by number; empty where their numbers are all that is known of
  /// them. A number means the same class in two data sets only where the names say so.
  const std::vector<std::string>& class_names() const { return class_names_; }

 protected:
  explicit Source(std::vector<std::string> class_names = {})
      : class_names_(std::move(class_names)) {}

 private:
  std::vector<std::string> class_names_;
};

/// Pictures made up on the spot: gratings with a soft spot; the class is in direction and pitch.
/// Series: waves on a drift, in noise; the class is in the period (32 to 8 values) and the shape.
struct SyntheticOptions {
  std::int64_t count = 2048;
  int size = 32;  ///< height and width, in pixels; the length of series
  int classes = 10;
  std::uint64_t seed = 0;
};

struct SourceOptions {
  std::string kind = "auto";  ///< "auto" or one of `source_kinds()`
  std::filesystem::path path;
  /// 1 (grey) or 3 (colour), or the number that an array of pictures has. 0 leaves it to the
  /// source: 3 for encoded and for synthetic pictures, what they have for IDX, CIFAR and .npy.
  int channels = 0;
  /// A larger picture is refused, where its header tells the size before anything is decoded.
  std::int64_t max_pixels = 64'000'000;
  /// Memory in which encoded pictures are kept decoded (`cached`); 0: none are.
  std::int64_t cache_bytes = 0;
  SyntheticOptions synthetic;
};

/// Opens a data set. "auto" goes by names and by what a folder holds at its top: the table in
/// `data/README.md`. Throws Error(data) for what is not there or
/// cannot be used, and Error(config) for an unknown kind or number of channels.
std::unique_ptr<Source> open_source(const SourceOptions& options);

/// The kinds `open_source` knows besides "auto".
std::vector<std::string> source_kinds();

/// The pictures `indices` of another source, in that order, for hold-out splits.
std::unique_ptr<Source> subset(std::shared_ptr<const Source> whole,
                               std::vector<std::int64_t> indices);

/// Sixteen hexadecimal digits that tell data sets apart: a hash of the number of pictures, their
/// names and labels, and the pixels of at most 16 of them. Takes milliseconds, and no notice of
/// what it did not read.
std::string fingerprint(const Source& source);

}  // namespace tandem::data
