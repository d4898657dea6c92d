#pragma once

#include "data/batch_memory.hpp"
#include "data/careful_reader.hpp"
#include "data/loader.hpp"

#include <vector>

namespace tandem::data {

/// Makes all views of one picture and writes them, normalised, into their places in a batch.
/// [const after construction; any thread, each with its own scratch]
class SampleMaker {
 public:
  struct Scratch {
    Image picture, view;
  };

  /// Makes the views of the first readable picture to learn their sizes.
  SampleMaker(const Source& source, std::vector<ViewSpec> views, const Normalization& normalization,
              const LoaderOptions& options);

  const std::vector<Shape>& shapes() const { return shapes_; }
  const std::vector<Normalizer>& normalizers() const { return normalizers_; }
  std::int64_t bad() const { return reader_.bad(); }

  /// Fills place `position` of the batch, whose views lie in `memory`, from picture
  /// `batch.samples[position]`, or the one that stands in for it, whose number is then written
  /// there.
  void make(Batch& batch, BatchMemory& memory, std::int64_t position, Scratch& scratch);

 private:
  void check(const Image& view, std::size_t number, std::int64_t picture) const;

  const Source& source_;
  std::vector<ViewSpec> views_;
  std::uint64_t seed_;
  CarefulReader reader_;
  std::vector<Shape> shapes_;
  std::vector<Normalizer> normalizers_;
};

}  // namespace tandem::data
