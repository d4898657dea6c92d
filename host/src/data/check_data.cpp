#include "data/check_data.hpp"

#include "data/moments.hpp"
#include "data/parallel.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <mutex>
#include <numeric>

namespace tandem::data {
namespace {

/// What is remembered of one picture.
struct Looked {
  ContentHash content{};
  std::int32_t height = 0, width = 0;
  std::int32_t channels = 0;  ///< 0: unreadable
  bool grey = false;
};

bool is_grey(const Image& image) {
  if (image.channels() != 3 || image.type() != PixelType::u8) return false;
  const std::uint8_t* pixel = image.u8();
  for (std::size_t i = 0; i < image.values(); i += 3) {
    if (pixel[i] != pixel[i + 1] || pixel[i] != pixel[i + 2]) return false;
  }
  return true;
}

class Check {
 public:
  Check(const Source& source, const std::atomic<bool>& stop, const CheckProgress& progress)
      : source_(source),
        stop_(stop),
        progress_(progress),
        looked_(static_cast<std::size_t>(source.size())),
        moments_((looked_.size() + run_length - 1) / run_length) {}

  DataReport run(int helpers) {
    for_each(static_cast<std::int64_t>(moments_.size()), helpers,
             [this](std::int64_t run) { look(static_cast<std::size_t>(run)); });
    DataReport report;
    report.pictures = source_.size();
    report.stopped = stop_;
    if (report.stopped) return report;
    std::sort(bad_.begin(), bad_.end(),
              [](const BadPicture& a, const BadPicture& b) { return a.index < b.index; });
    report.bad = std::move(bad_);
    report.height = spread(&Looked::height);
    report.width = spread(&Looked::width);
    report.channels = channels();
    report.classes = classes();
    report.duplicates = duplicates();
    report.content = content();
    report.fingerprint = fingerprint(source_);
    return report;
  }

 private:
  /// Sums are made over runs of pictures and then joined in order, so that the number of threads
  /// does not show in their last digit.
  static constexpr std::size_t run_length = 64;

  void look(std::size_t run) {
    Image image;
    const std::size_t end = std::min((run + 1) * run_length, looked_.size());
    for (std::size_t i = run * run_length; i < end && !stop_; ++i) {
      try {
        source_.read(static_cast<std::int64_t>(i), image);
        take(looked_[i], image);
        moments_[run][image.channels()].add(image);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::data) throw;
        remember_bad(static_cast<std::int64_t>(i), error.what());
      }
      const std::lock_guard lock(mutex_);
      progress_(++done_, static_cast<std::int64_t>(bad_.size()));
    }
  }

  static void take(Looked& looked, const Image& image) {
    looked = {content_hash(image), image.height(), image.width(), image.channels(), is_grey(image)};
  }

  void remember_bad(std::int64_t index, const char* reason) {
    const std::lock_guard lock(mutex_);
    bad_.push_back({index, reason});
  }

  Spread spread(std::int32_t Looked::*side) const {
    std::vector<std::int32_t> values;
    for (const Looked& looked : looked_) {
      if (looked.channels > 0) values.push_back(looked.*side);
    }
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    return {values.front(), values[values.size() / 2], values.back()};
  }

  std::map<int, ChannelKind> channels() const {
    std::map<int, ChannelKind> kinds;
    for (const Looked& looked : looked_) {
      if (looked.channels == 0) continue;
      ChannelKind& kind = kinds[looked.channels];
      ++kind.pictures;
      kind.grey += looked.grey ? 1 : 0;
    }
    std::map<int, Moments> all;
    for (const auto& run : moments_) {
      for (const auto& [count, moments] : run) all[count].add(moments);
    }
    for (const auto& [count, moments] : all) kinds[count].values = moments.result();
    return kinds;
  }

  std::map<std::int64_t, std::int64_t> classes() const {
    std::map<std::int64_t, std::int64_t> counts;
    for (std::int64_t i = 0; i < source_.size(); ++i) {
      if (const std::int64_t label = source_.label(i); label >= 0) ++counts[label];
    }
    return counts;
  }

  std::vector<std::vector<std::int64_t>> duplicates() const {
    std::vector<std::int64_t> order(looked_.size());
    std::iota(order.begin(), order.end(), std::int64_t{0});
    const auto at = [this](std::int64_t i) -> const Looked& {
      return looked_[static_cast<std::size_t>(i)];
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int64_t a, std::int64_t b) { return at(a).content < at(b).content; });
    std::vector<std::vector<std::int64_t>> groups;
    for (std::size_t i = 1; i < order.size(); ++i) {
      const std::int64_t one = order[i - 1], next = order[i];
      if (at(one).channels == 0 || at(one).content != at(next).content) continue;
      if (groups.empty() || groups.back().back() != one) groups.push_back({one});
      groups.back().push_back(next);
    }
    std::sort(groups.begin(), groups.end());
    return groups;
  }

  ContentHash content() const {
    std::vector<ContentHash> hashes;
    hashes.reserve(looked_.size());
    for (const Looked& looked : looked_) hashes.push_back(looked.content);
    return content_hash(hashes);
  }

  const Source& source_;
  const std::atomic<bool>& stop_;
  const CheckProgress& progress_;
  std::vector<Looked> looked_;
  std::vector<std::map<int, Moments>> moments_;
  std::mutex mutex_;
  std::vector<BadPicture> bad_;
  std::int64_t done_ = 0;
};

}  // namespace

DataReport check_data(const Source& source, int helpers, const std::atomic<bool>& stop,
                      const CheckProgress& progress) {
  return Check(source, stop, progress).run(helpers);
}

}  // namespace tandem::data
