#include "run/preview.hpp"

#include "data/epoch_order.hpp"
#include "report/text.hpp"
#include "run/model.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>

namespace tandem::run {

data::SheetOptions sheet_options(const data::Source& train, std::uint64_t seed,
                                 const PreviewOptions& options) {
  constexpr std::int64_t usual = 8;
  const std::int64_t left = train.size() - std::max<std::int64_t>(options.first, 0);
  const std::int64_t images = options.images.value_or(std::clamp<std::int64_t>(left, 1, usual));
  if (options.epoch < 0 || options.first < 0 || images < 1 || images > left) {
    throw Error(ErrorKind::usage,
                Log::join("epoch ", options.epoch, " has no ", report::counted(images, "picture"),
                          " from place ", options.first, " on: there are ", train.size(),
                          " to train on, and epochs and places count from 0; give others with "
                          "--epoch, --first and --images"));
  }
  data::SheetOptions sheet;
  sheet.seed = seed;
  sheet.epoch = options.epoch;
  sheet.samples.resize(static_cast<std::size_t>(images));
  data::EpochOrder(train.size(), seed).copy(options.epoch, options.first, sheet.samples);
  return sheet;
}

Preview preview(const Prepared& prepared, plugin::Catalog& catalog, const PreviewOptions& options) {
  const auto data = make_data_set(prepared.data, prepared.config);
  const auto views = make_views(prepared.config, catalog);
  const auto seed = static_cast<std::uint64_t>(prepared.config.run.seed);
  auto sheet = sheet_options(*data.train, seed, options);
  sheet.cell = std::clamp(data::largest_view(*data.train, views, sheet), sheet.cell, largest_cell);
  Preview result;
  result.samples = sheet.samples;
  for (const std::int64_t sample : sheet.samples) result.names.push_back(data.train->name(sample));
  for (const std::int64_t picture : data::sheet_pictures(*data.train, sheet))
    result.shown.push_back(data.train->name(picture));
  result.sheet = options.steps ? data::step_sheet(*data.train, views, sheet)
                               : data::contact_sheet(*data.train, views, sheet);
  if (options.draws) result.draws = data::sheet_draws(*data.train, views, sheet);
  return result;
}

}  // namespace tandem::run
