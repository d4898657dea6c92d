#include "data/loader.hpp"

#include "data/batch_memory.hpp"
#include "data/epoch_order.hpp"
#include "data/sample_maker.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

namespace tandem::data {
namespace {

/// A batch, and how far it is made.
struct Slot {
  explicit Slot(BatchMemory where) : memory(std::move(where)) {}

  Batch batch;
  BatchMemory memory;
  std::int64_t done = 0;
  std::exception_ptr error;
  std::int64_t error_at =
      0;  ///< the lowest position that failed: the same for any number of workers
};

/// A run of places in a slot, handed to one thread.
struct Piece {
  Slot* slot = nullptr;
  std::int64_t from = 0, to = 0;
};

void check(const Source& source, const std::vector<ViewSpec>& views, const LoaderOptions& options) {
  if (options.batch_size < 1) {
    throw Error(ErrorKind::config, "train.batch_size must be at least 1");
  }
  if (options.ranks < 1 || options.rank < 0 || options.rank >= options.ranks)
    throw Error(ErrorKind::internal, "a loader's rank is none of its ranks");
  if (options.batch_size % options.ranks != 0) {
    throw Error(ErrorKind::config, Log::join("train.batch_size is ", options.batch_size,
                                             ", which is no multiple of the ", options.ranks,
                                             " ranks that share each batch"));
  }
  if (options.workers < 0 || options.slots_ahead < 1 || !(options.patience > 0)) {
    throw Error(ErrorKind::config,
                "a loader needs 0 or more workers, 1 or more slots ahead and some patience");
  }
  if (views.empty()) throw Error(ErrorKind::config, "a loader needs at least one view");
  if (options.batch_size > source.size()) {
    throw Error(
        ErrorKind::data,
        Log::join(
            "train.batch_size is ", options.batch_size, ", but the data set has only ",
            source.size(),
            " pictures to train on (held-out ones apart): set train.batch_size to at most that"));
  }
}

}  // namespace

/// Batches are numbered through all epochs; number b lives in slot b modulo the number of slots.
/// Batches `next_` - `lent_` … + slots - 1 have a slot; pieces are handed out of batch `filling_`.
class BatchLoader::Impl {
 public:
  Impl(std::shared_ptr<const Source> source, std::vector<ViewSpec> views,
       const Normalization& normalization, const LoaderOptions& options)
      : source_(std::move(source)),
        options_(options),
        own_(options.batch_size / options.ranks),
        maker_(*source_, std::move(views), normalization, options),
        order_(source_->size(), options.seed),
        busy_with_(static_cast<std::size_t>(std::max(options.workers, 1))) {
    for (int i = 0; i < (options.workers == 0 ? 1 : options.slots_ahead + 1); ++i) add_slot();
    try {
      for (auto& sample : busy_with_) {
        sample = nothing;
        if (options_.workers > 0) threads_.emplace_back([this, &sample] { work(sample); });
      }
    } catch (const std::system_error& error) {
      stop();
      throw Error(ErrorKind::resource,
                  Log::join("cannot start ", options.workers, " data.workers: ", error.what()));
    }
  }

  ~Impl() { stop(); }

  const SampleMaker& maker() const { return maker_; }
  std::int64_t batch_size() const { return own_; }
  std::int64_t batches_per_epoch() const { return source_->size() / options_.batch_size; }
  double seconds_waited() const { return waited_; }

  void start(std::int64_t epoch, std::int64_t first_batch) {
    const std::int64_t wanted = epoch * batches_per_epoch() + first_batch;
    std::unique_lock lock(mutex_);
    if (wanted != next_) rewind(lock, wanted);
    running_ = true;
    work_.notify_all();
  }

  const Batch& next() {
    const auto began = std::chrono::steady_clock::now();
    Slot& slot = wait_for_slot();
    waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (slot.error) std::rethrow_exception(slot.error);
    slot.batch.views = slot.memory.finish(maker_.normalizers());
    const std::lock_guard lock(mutex_);
    ++next_;
    lent_ = true;
    return slot.batch;
  }

 private:
  using BusyWith = std::atomic<std::int64_t>;

  void add_slot() {
    Slot& slot = slots_.emplace_back(
        BatchMemory(maker_.shapes(), own_, options_.keep_bytes, options_.allocate));
    slot.batch.size = own_;
    slot.batch.samples.resize(static_cast<std::size_t>(own_));
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      cancelled_ = true;
    }
    work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  /// Gives up all batches made or being made, and goes on from `wanted`.
  void rewind(std::unique_lock<std::mutex>& lock, std::int64_t wanted) {
    running_ = false;
    cancelled_ = true;
    idle_.wait(lock, [this] { return active_ == 0; });
    cancelled_ = false;
    next_ = filling_ = wanted;
    claimed_ = 0;
    lent_ = false;
    for (Slot& slot : slots_) slot.done = 0;
  }

  /// Takes back the lent batch and waits for the next one.
  Slot& wait_for_slot() {
    std::unique_lock lock(mutex_);
    lent_ = false;
    running_ = true;
    work_.notify_all();
    Slot& slot = slot_of(next_);
    if (threads_.empty()) {
      while (filling_ == next_) make(lock, claim(), busy_with_.front());
    }
    const auto ready = [&] { return filling_ > next_ && slot.done == own_; };
    for (double patience = options_.patience;
         !ready_.wait_for(lock, std::chrono::duration<double>(patience), ready); patience *= 2) {
      name_what_is_slow(lock);
    }
    return slot;
  }

  /// Says what the workers are busy with, with the lock released: a source may be slow to name too.
  void name_what_is_slow(std::unique_lock<std::mutex>& lock) {
    if (!options_.log) return;
    lock.unlock();
    std::string names;
    for (const auto& busy : busy_with_) {
      const std::int64_t sample = busy;
      if (sample != nothing) names += (names.empty() ? "" : ", ") + source_->name(sample);
    }
    options_.log->warn("training waits for data; being read or augmented: ",
                       names.empty() ? "nothing" : names);
    lock.lock();
  }

  void work(BusyWith& sample) {
    std::unique_lock lock(mutex_);
    while (true) {
      work_.wait(lock, [this] { return stopping_ || (running_ && has_room()); });
      if (stopping_) return;
      make(lock, claim(), sample);
    }
  }

  Slot& slot_of(std::int64_t number) {
    return slots_[static_cast<std::size_t>(number) % slots_.size()];
  }

  bool has_room() const {
    return filling_ < next_ - (lent_ ? 1 : 0) + static_cast<std::int64_t>(slots_.size());
  }

  Piece claim() {
    Slot& slot = slot_of(filling_);
    if (claimed_ == 0) prepare(slot);
    const Piece piece{&slot, claimed_, std::min(claimed_ + piece_size(), own_)};
    claimed_ = piece.to;
    if (claimed_ == own_) ++filling_, claimed_ = 0;
    return piece;
  }

  /// Short enough that all threads finish a batch at about the same time.
  std::int64_t piece_size() const {
    const std::int64_t shares = 4 * std::max<std::int64_t>(options_.workers, 1);
    return std::clamp<std::int64_t>(own_ / shares, 1, 8);
  }

  void prepare(Slot& slot) {
    slot.done = 0;
    slot.error = nullptr;
    slot.batch.epoch = filling_ / batches_per_epoch();
    slot.batch.index_in_epoch = filling_ % batches_per_epoch();
    try {
      order_.copy(slot.batch.epoch,
                  slot.batch.index_in_epoch * options_.batch_size + options_.rank * own_,
                  slot.batch.samples);
    } catch (...) {  // no memory: for `next` to throw, not for a worker to die of
      slot.error = std::current_exception();
      slot.error_at = -1;
    }
  }

  /// Makes a piece with the lock released.
  void make(std::unique_lock<std::mutex>& lock, const Piece& piece, BusyWith& busy) {
    ++active_;
    lock.unlock();
    thread_local SampleMaker::Scratch scratch;
    std::exception_ptr error;
    std::int64_t position = piece.from;
    for (; position < piece.to && !error && !cancelled_; ++position) {
      busy = piece.slot->batch.samples[static_cast<std::size_t>(position)];
      try {
        maker_.make(piece.slot->batch, piece.slot->memory, position, scratch);
      } catch (...) {
        error = std::current_exception();
      }
    }
    busy = nothing;
    lock.lock();
    --active_;
    finish(piece, std::move(error), position - 1);
  }

  void finish(const Piece& piece, std::exception_ptr error, std::int64_t position) {
    Slot& slot = *piece.slot;
    if (error && (!slot.error || position < slot.error_at)) {
      slot.error = std::move(error);
      slot.error_at = position;
    }
    slot.done += piece.to - piece.from;
    if (slot.done == own_) ready_.notify_all();
    if (active_ == 0) idle_.notify_all();
  }

  std::shared_ptr<const Source> source_;
  LoaderOptions options_;
  std::int64_t own_;  ///< pictures of a batch that are made here
  SampleMaker maker_;
  EpochOrder order_;
  std::vector<Slot> slots_;
  static constexpr std::int64_t nothing = -1;
  std::vector<BusyWith> busy_with_;  ///< the picture each thread is making views of

  std::mutex mutex_;
  std::condition_variable work_, ready_, idle_;
  std::int64_t next_ = 0;     ///< the batch that `next` returns next
  std::int64_t filling_ = 0;  ///< the batch whose places are being handed out
  std::int64_t claimed_ = 0;  ///< how many of them are
  bool lent_ = false;         ///< the caller still holds batch next_ - 1
  bool running_ = false, stopping_ = false;
  std::atomic<bool> cancelled_ = false;  ///< what is being made will not be used
  int active_ = 0;
  double waited_ = 0;
  std::vector<std::thread> threads_;
};

BatchLoader::BatchLoader(std::shared_ptr<const Source> source, std::vector<ViewSpec> views,
                         const Normalization& normalization, const LoaderOptions& options) {
  check(*source, views, options);
  impl_ = std::make_unique<Impl>(std::move(source), std::move(views), normalization, options);
}

BatchLoader::~BatchLoader() = default;

std::int64_t BatchLoader::batch_size() const {
  return impl_->batch_size();
}
std::int64_t BatchLoader::batches_per_epoch() const {
  return impl_->batches_per_epoch();
}
const std::vector<Shape>& BatchLoader::shapes() const {
  return impl_->maker().shapes();
}
double BatchLoader::seconds_waited() const {
  return impl_->seconds_waited();
}
std::int64_t BatchLoader::bad_files() const {
  return impl_->maker().bad();
}
std::vector<PixelScale> BatchLoader::pixel_scales() const {
  std::vector<PixelScale> scales;
  for (const Normalizer& normalizer : impl_->maker().normalizers())
    scales.push_back(normalizer.pixel_scale());
  return scales;
}
const Batch& BatchLoader::next() {
  return impl_->next();
}

void BatchLoader::start(std::int64_t epoch, std::int64_t first_batch) {
  if (epoch < 0 || first_batch < 0 || first_batch > batches_per_epoch()) {
    throw Error(ErrorKind::internal, Log::join("no batch ", first_batch, " in epoch ", epoch,
                                               " of ", batches_per_epoch(), " batches"));
  }
  impl_->start(epoch, first_batch);
}

}  // namespace tandem::data
