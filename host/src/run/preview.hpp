#pragma once

#include "data/contact_sheet.hpp"
#include "run/configuration.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tandem::run {

/// Which pictures of training are to be shown.
struct PreviewOptions {
  std::int64_t epoch = 0;
  std::int64_t first = 0;  ///< place in the epoch's order
  std::optional<std::int64_t>
      images;          ///< how many, from there on; none: 8, or as many as there are
  bool steps = false;  ///< what each operation makes of them
  bool draws = false;  ///< tell what each operation draws
};

struct Preview {
  std::vector<std::int64_t> samples;  ///< numbers of the pictures, in the order of training
  std::vector<std::string> names;     ///< of the same
  std::vector<std::string> shown;  ///< the same, but for the one that stands for an unreadable one
  std::vector<data::PictureDraws> draws;  ///< of what is shown, where asked for
  Image sheet;  ///< a row a picture, or with steps a row a picture and view: the original first
};

/// In pixels: a sheet of larger cells would take more memory than a look is worth.
inline constexpr int largest_cell = 1024;

/// The first pictures that training shows from a place of its order on, in small cells.
data::SheetOptions sheet_options(const data::Source& train, std::uint64_t seed,
                                 const PreviewOptions& options);

/// The very pixels that a run of this configuration trains on, before normalising: cells are as
/// large as the largest view, up to `largest_cell`. Throws Error(usage) where the epoch has no such
/// pictures, Error(data) where none can be read.
Preview preview(const Prepared& prepared, plugin::Catalog& catalog, const PreviewOptions& options);

}  // namespace tandem::run
