#pragma once

#include "data/source.hpp"
#include "tandem/base/log.hpp"

#include <atomic>
#include <mutex>
#include <set>
#include <string>

namespace tandem::data {

/// Reads pictures and replaces those that cannot be read: each is counted and named in the log
/// once. [any thread]
class CarefulReader {
 public:
  CarefulReader(const Source& source, double max_bad, Log& log);

  /// Reads picture `index`, or the next readable one after it (the first follows the last); returns
  /// which. Throws Error(data) where it finds one more unreadable than `max_bad` of the data set
  /// allows, and whenever all are known to be.
  std::int64_t read(std::int64_t index, Image& out);

  std::int64_t bad() const { return count_.load(std::memory_order_acquire); }

 private:
  bool try_read(std::int64_t index, Image& out);
  bool known_bad(std::int64_t index);
  void remember(std::int64_t index, const std::string& reason);
  [[noreturn]] void give_up() const;

  const Source& source_;
  double max_bad_;
  Log& log_;
  std::atomic<std::int64_t> count_ = 0;
  std::mutex mutex_;
  std::set<std::int64_t> bad_;
  std::string last_reason_;
};

}  // namespace tandem::data
