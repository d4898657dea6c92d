#include "data/sample_maker.hpp"

#include "tandem/base/error.hpp"

namespace tandem::data {
namespace {

std::string text(Shape shape) {
  return Log::join(shape.width, "x", shape.height, " (", shape.channels,
                   shape.channels == 1 ? " channel)" : " channels)");
}

}  // namespace

SampleMaker::SampleMaker(const Source& source, std::vector<ViewSpec> views,
                         const Normalization& normalization, const LoaderOptions& options)
    : source_(source),
      views_(std::move(views)),
      seed_(options.seed),
      reader_(source, options.max_bad, options.log ? *options.log : null_log()) {
  Scratch scratch;
  const std::int64_t sample = reader_.read(0, scratch.picture);
  for (std::size_t v = 0; v < views_.size(); ++v) {
    make_view(views_[v], scratch.picture, {seed_, 0, sample, static_cast<int>(v)}, scratch.view);
    shapes_.push_back(shape_of(scratch.view));
    normalizers_.emplace_back(normalization, scratch.view.channels());
  }
}

void SampleMaker::make(Batch& batch, BatchMemory& memory, std::int64_t position, Scratch& scratch) {
  std::int64_t& sample = batch.samples[static_cast<std::size_t>(position)];
  ViewKey key{seed_, batch.epoch, sample, 0};
  sample = reader_.read(sample, scratch.picture);
  for (std::size_t v = 0; v < views_.size(); ++v) {
    key.view = static_cast<int>(v);
    make_view(views_[v], scratch.picture, key, scratch.view);
    check(scratch.view, v, sample);
    memory.write(v, position, scratch.view, normalizers_[v]);
  }
}

void SampleMaker::check(const Image& view, std::size_t number, std::int64_t picture) const {
  const Shape found = shape_of(view);
  if (found == shapes_[number]) return;
  throw Error(ErrorKind::data,
              Log::join(source_.name(picture), ": its view ", number, " is ", text(found),
                        ", but the first picture's was ", text(shapes_[number]),
                        "; a batch needs one size: add a random_resized_crop or a resize with a "
                        "center_crop to the view, or set data.channels"));
}

}  // namespace tandem::data
