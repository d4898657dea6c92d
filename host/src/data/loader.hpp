#pragma once

#include "data/normalization.hpp"
#include "data/source.hpp"
#include "data/view.hpp"
#include "tandem/base/log.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace tandem::data {

/// One view of a whole batch: N × height × width × channels values, packed (channels innermost),
/// 64-byte aligned, owned by the loader.
struct BatchView {
  float* data = nullptr;          ///< normalised; undefined where there are `bytes`
  std::uint8_t* bytes = nullptr;  ///< with LoaderOptions::keep_bytes, if all N pictures are 8-bit
  int height = 0, width = 0, channels = 0;
};

struct Batch {
  std::int64_t epoch = 0;
  std::int64_t index_in_epoch = 0;
  std::int64_t size = 0;
  /// Numbers of the pictures that are shown. A picture that cannot be read has been replaced by the
  /// next one that can.
  std::vector<std::int64_t> samples;
  std::vector<BatchView> views;
};

/// Gives memory for so many floats, 64-byte aligned.
using AllocateFloats = std::function<std::shared_ptr<float>(std::size_t count)>;

struct LoaderOptions {
  std::int64_t batch_size = 256;  ///< over all ranks
  int rank = 0;                   ///< of a run of several processes
  int ranks = 1;    ///< each makes its slice of every batch: the batch's rank-th part of ranks
  int workers = 1;  ///< threads; 0: batches are made in the calling thread
  std::uint64_t seed = 0;
  int slots_ahead = 2;    ///< batches made in advance, beside the one that is lent
  double max_bad = 0.01;  ///< share of the data set that may be unreadable
  /// Where unreadable pictures are named, once each, and those that keep a batch waiting; must
  /// outlive the loader.
  Log* log = nullptr;
  /// Seconds in `next` after which the pictures that workers are busy with are named, and again
  /// after twice, four times … as long.
  double patience = 10;
  /// Leaves 8-bit views as they are, for who normalises them elsewhere (BatchLoader::pixel_scales):
  /// a quarter of the bytes to copy, for a quarter more memory here.
  bool keep_bytes = false;
  /// Where batches lie; null: in the heap.
  AllocateFloats allocate = nullptr;
};

/// Makes batches of views with persistent worker threads and a ring of preallocated batches. Each
/// picture is decoded once for all its views. Which pictures a batch holds, and every pixel of it,
/// is a pure function of (source, views, seed, epoch, position): not of the number of workers nor
/// of where `start` began. The slices of all ranks, one after the other, are the batch of one rank.
///
/// [one thread uses the loader; destroying it at any moment is fine and takes no longer than one
/// picture]
class BatchLoader {
 public:
  /// Makes one picture's views to learn their sizes, and allocates all batches. Throws Error(data)
  /// where the batch is larger than the data set or no picture can be read, Error(config) for
  /// options that make no sense, and what an operation throws.
  BatchLoader(std::shared_ptr<const Source> source, std::vector<ViewSpec> views,
              const Normalization& normalization, const LoaderOptions& options);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  /// Pictures in a batch, or in this rank's slice of it.
  std::int64_t batch_size() const;
  /// Whole batches only: what is left at an epoch's end is dropped (another remainder in each
  /// epoch).
  std::int64_t batches_per_epoch() const;
  /// The size of each view, the same in every batch.
  const std::vector<Shape>& shapes() const;
  /// What the 8-bit pixels of each view become by normalising.
  std::vector<PixelScale> pixel_scales() const;

  /// The next batch will be number `first_batch` of `epoch`. Costs nothing where it would be
  /// anyway, so that batches of the next epoch are made while this one ends; otherwise drops what
  /// was made in advance.
  void start(std::int64_t epoch, std::int64_t first_batch = 0);

  /// The next batch, from epoch 0 on where `start` was never called, epoch after epoch. Valid until
  /// the next call of `next` or `start`. Throws what went wrong while this batch was made:
  /// Error(data) where more than `max_bad` of the data set is unreadable or a view's size differs
  /// from the first one's, and what an operation threw; calling again throws the same.
  const Batch& next();

  /// Time the caller spent in `next`, in all.
  double seconds_waited() const;
  /// How many pictures have been found unreadable so far.
  std::int64_t bad_files() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem::data
