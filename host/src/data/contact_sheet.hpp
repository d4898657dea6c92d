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
  int cell = 128;  ///< side of a cell, in pixels; a picture that is larger is shrunk into it
};

/// A grid, 8-bit RGB: one row a sample; the original, then each view as training sees it for that
/// seed and epoch, before normalising. What fits into a cell is shown pixel for pixel, enlarged by
/// whole numbers without smoothing; what does not is shrunk; floats outside 0 … 1 are cut off.
/// Series are plotted, views to the scale of the original. In the place of a picture that cannot be
/// read stands the one that training takes for it (CarefulReader); throws Error(data) where none
/// can.
Image contact_sheet(const Source& source, std::span<const ViewSpec> views,
                    const SheetOptions& options);

/// The same with one row a sample and view: the original, then what each operation in turn has made
/// of it.
Image step_sheet(const Source& source, std::span<const ViewSpec> views,
                 const SheetOptions& options);

/// One for each view of a picture.
using PictureDraws = std::vector<ViewDraws>;
/// What is drawn for the views that a sheet of these options shows, sample by sample.
std::vector<PictureDraws> sheet_draws(const Source& source, std::span<const ViewSpec> views,
                                      const SheetOptions& options);

/// The numbers of the pictures in the rows of such a sheet: the samples, but for those that cannot
/// be read.
std::vector<std::int64_t> sheet_pictures(const Source& source, const SheetOptions& options);

/// The longest side of all views of such a sheet, in pixels: no smaller cell shows every pixel of
/// them. What is plotted does not count.
int largest_view(const Source& source, std::span<const ViewSpec> views,
                 const SheetOptions& options);

}  // namespace tandem::data
