#pragma once

#include "data/loader.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/random.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

/// Sources and operations that a test looks into.
namespace loading {

/// Pictures whose every value is their number (modulo 251), and which can be told to fail.
class Numbered final : public tandem::data::Source {
 public:
  explicit Numbered(std::int64_t count, int size = 4, int channels = 1)
      : count_(count), size_(size), channels_(channels), reads_(static_cast<std::size_t>(count)) {}

  std::int64_t size() const override { return count_; }
  std::int64_t label(std::int64_t) const override { return -1; }
  std::string name(std::int64_t index) const override { return "#" + std::to_string(index); }
  void read(std::int64_t index, tandem::Image& out) const override {
    ++reads_[static_cast<std::size_t>(index)];
    if (broken.contains(index)) {
      throw tandem::Error(tandem::ErrorKind::data, name(index) + ": broken");
    }
    const int height = odd.contains(index) ? size_ + 1 : size_;
    out.reset(height, size_, channels_);
    std::fill_n(out.u8(), out.values(), value(index));
  }

  static std::uint8_t value(std::int64_t index) { return static_cast<std::uint8_t>(index % 251); }
  int reads(std::int64_t index) const { return reads_[static_cast<std::size_t>(index)]; }

  std::set<std::int64_t> broken;  ///< cannot be read
  std::set<std::int64_t> odd;     ///< are a row taller

 private:
  std::int64_t count_;
  int size_, channels_;
  mutable std::vector<std::atomic<int>> reads_;
};

/// An operation made of a function.
class Op final : public tandem::Augmentation {
 public:
  using Function = std::function<void(tandem::Image&, tandem::Random&)>;
  explicit Op(Function function) : function_(std::move(function)) {}
  void apply(tandem::Image& image, tandem::Random& random) const override {
    function_(image, random);
  }

 private:
  Function function_;
};

inline tandem::data::ViewSpec view(Op::Function function) {
  return {{std::make_shared<Op>(std::move(function))}};
}

/// A view that overwrites the picture with random bytes, seeded by the picture and the stream.
inline tandem::data::ViewSpec random_view() {
  return view([](tandem::Image& image, tandem::Random& random) {
    for (std::size_t i = 0; i < image.values(); ++i) {
      image.u8()[i] = static_cast<std::uint8_t>(image.u8()[i] + random.bits());
    }
  });
}

/// Keeps what is logged. [any thread]
class Kept final : public tandem::Log {
 public:
  void write(tandem::LogLevel, std::string_view message) override {
    const std::lock_guard lock(mutex_);
    messages.emplace_back(message);
  }
  bool has(const std::string& part) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(messages.begin(), messages.end(), [&](const std::string& message) {
      return message.find(part) != std::string::npos;
    });
  }
  std::vector<std::string> messages;

 private:
  mutable std::mutex mutex_;
};

/// A loader over `source` with everything else small.
inline std::unique_ptr<tandem::data::BatchLoader> loader(
    std::shared_ptr<const tandem::data::Source> source, int workers,
    std::vector<tandem::data::ViewSpec> views = {random_view(), random_view()},
    tandem::data::LoaderOptions options = {}) {
  options.workers = workers;
  if (options.batch_size == tandem::data::LoaderOptions{}.batch_size) options.batch_size = 8;
  return std::make_unique<tandem::data::BatchLoader>(std::move(source), std::move(views),
                                                     tandem::data::Normalization{}, options);
}

/// Everything a batch says and shows.
struct Copy {
  std::int64_t epoch, index;
  std::vector<std::int64_t> samples;
  std::vector<std::vector<float>> views;
  bool operator==(const Copy&) const = default;
};

inline Copy copy(const tandem::data::Batch& batch) {
  Copy out{batch.epoch, batch.index_in_epoch, batch.samples, {}};
  for (const auto& view : batch.views) {
    const auto count =
        static_cast<std::size_t>(batch.size * view.height * view.width * view.channels);
    out.views.emplace_back(view.data, view.data + count);
  }
  return out;
}

inline std::vector<Copy> take(tandem::data::BatchLoader& loader, int batches) {
  std::vector<Copy> all;
  for (int i = 0; i < batches; ++i) all.push_back(copy(loader.next()));
  return all;
}

}  // namespace loading
