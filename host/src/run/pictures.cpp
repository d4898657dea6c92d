#include "run/pictures.hpp"

#include "data/plain.hpp"
#include "eval/shift.hpp"
#include "tandem/base/log.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace tandem::run {
namespace {

constexpr std::int64_t largest_raw_side = 32;

/// The most values that are compared raw: of a series, which has one row, as many as of a picture.
std::int64_t largest_raw_width(std::int64_t height) {
  return height == 1 ? largest_raw_side * largest_raw_side : largest_raw_side;
}

}  // namespace

Pictures::Pictures(SourcePointer source, const data::Shape& shape,
                   data::Normalization normalization, at::ScalarType type)
    : source_(std::move(source)),
      shape_(shape),
      normalization_(std::move(normalization)),
      type_(type),
      labels_(labels_of(*source_)) {}

at::Tensor Pictures::read(std::int64_t begin, std::int64_t end) {
  if (stop_ != nullptr && *stop_) throw Stopped{};
  std::vector<std::int64_t> indices(static_cast<std::size_t>(end - begin));
  std::iota(indices.begin(), indices.end(), begin);
  const auto packed =
      at::empty({end - begin, shape_.height, shape_.width, shape_.channels}, at::kFloat);
  const auto bad = data::load_plain(*source_, indices, shape_, normalization_,
                                    packed.data_ptr<float>(), at::get_num_threads() - 1);
  for (const auto& item : bad) unreadable_.push_back({begin + item.position, item.reason});
  return packed.permute({0, 3, 1, 2}).to(type_);
}

std::vector<Pictures::Unreadable> Pictures::take_unreadable() {
  return std::exchange(unreadable_, {});
}

eval::Features Pictures::describe(const eval::Describe& describe, bool shifted) {
  return finished(eval::collect_features(labels_, reader(shifted), describe));
}

eval::Features Pictures::encode(Encoder& encoder, bool shifted) {
  return finished(eval::extract_features(encoder, labels_, reader(shifted)));
}

eval::ReadPictures Pictures::reader(bool shifted) {
  return [this, shifted](std::int64_t begin, std::int64_t end) {
    const auto pictures = read(begin, end);
    if (!shifted) return pictures;
    return eval::shift_pictures(pictures, black(), begin, {shift_pixels, 0});
  };
}

/// What a pixel of value 0 is after normalising.
std::vector<double> Pictures::black() const {
  std::vector<double> values(static_cast<std::size_t>(shape_.channels), 0.0);
  const auto& [mean, std] = normalization_;
  for (std::size_t i = 0; i < values.size() && !mean.empty(); ++i) {
    const std::size_t j = mean.size() == 1 ? 0 : i;
    values[i] = -double{mean[j]} / double{std[j]};
  }
  return values;
}

eval::Features Pictures::finished(eval::Features features) {
  for (const auto& item : take_unreadable())
    features.labels[static_cast<std::size_t>(item.index)] = -1;
  features.name = [source = source_](std::int64_t i) { return source->name(i); };
  features.class_names = source_->class_names();
  return features;
}

std::vector<std::int64_t> labels_of(const data::Source& source) {
  std::vector<std::int64_t> labels(static_cast<std::size_t>(source.size()));
  for (std::size_t i = 0; i < labels.size(); ++i)
    labels[i] = source.label(static_cast<std::int64_t>(i));
  return labels;
}

at::Tensor reduced_pixels(const at::Tensor& pictures) {
  const auto height = std::min(pictures.size(2), largest_raw_side);
  const auto width = std::min(pictures.size(3), largest_raw_width(pictures.size(2)));
  return at::adaptive_avg_pool2d(pictures, {height, width});
}

std::string pixel_features(const data::Shape& shape) {
  const std::int64_t width = largest_raw_width(shape.height);
  const bool reduced = shape.height > largest_raw_side || shape.width > width;
  return reduced ? Log::join("raw pixels, averaged to ", width, " px") : "raw pixels";
}

}  // namespace tandem::run
