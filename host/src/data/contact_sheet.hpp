#pragma once

#include "data/source.hpp"
#include "data/view.hpp"

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace tandem::data {

struct SheetOptions {
  std::uint64_t seed = 0;
  std::int64_t epoch = 0;
  std::vector<std::int64_t> samples;  ///< one row each
  int cell = 128;                     ///< side of a cell, in pixels
};

/// A grid, 8-bit RGB: one row a sample; the original, then each view exactly as training sees it
/// for that seed and epoch, before normalising. Small pictures are enlarged by whole numbers
/// without smoothing, large ones shrunk into the cell; floats outside 0 … 1 are cut off. Series are
/// plotted, views to the scale of the original. An unreadable picture leaves its row empty.
Image contact_sheet(const Source& source, std::span<const ViewSpec> views,
                    const SheetOptions& options);

/// The same with one row a sample and view: the original, then what each operation in turn has made
/// of it.
Image step_sheet(const Source& source, std::span<const ViewSpec> views,
                 const SheetOptions& options);

/// One for each view of a picture; none where it cannot be read.
using PictureDraws = std::vector<ViewDraws>;
/// What is drawn for the views that a sheet of these options shows, sample by sample.
std::vector<PictureDraws> sheet_draws(const Source& source, std::span<const ViewSpec> views,
                                      const SheetOptions& options);

}  // namespace tandem::data
