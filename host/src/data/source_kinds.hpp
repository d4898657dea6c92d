#pragma once

#include "data/source.hpp"

#include <array>
#include <filesystem>
#include <memory>

namespace tandem::data {

/// How one kind of data set is recognised and opened. A new kind is one file that defines its
/// constant, a line here, and an entry in `all_kinds`.
struct SourceKind {
  const char* name;
  bool needs_path;
  bool encoded;  ///< files that have to be decoded, which a cache can spare
  /// Whether "auto" takes it for an existing path.
  bool (*recognises)(const std::filesystem::path& path);
  std::unique_ptr<Source> (*open)(const SourceOptions& options);
};

extern const SourceKind idx_kind, cifar_kind, list_kind, tar_kind, npy_kind, folder_kind,
    synthetic_kind, series_kind;

/// In the order in which "auto" asks them.
inline constexpr std::array all_kinds = {&idx_kind, &cifar_kind,  &list_kind,      &tar_kind,
                                         &npy_kind, &folder_kind, &synthetic_kind, &series_kind};

}  // namespace tandem::data
