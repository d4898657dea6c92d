#include "data/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

namespace tandem::data {
namespace {

/// Takes every number in turn until all are taken or one has failed.
class Loop {
 public:
  Loop(std::int64_t count, const std::function<void(std::int64_t)>& body)
      : count_(count), body_(body) {}

  void run() {
    while (!failed_) {
      const std::int64_t i = next_++;
      if (i >= count_) return;
      try {
        body_(i);
      } catch (...) {
        remember(i, std::current_exception());
      }
    }
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void remember(std::int64_t i, std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    if (i >= error_at_) return;
    error_ = std::move(error);
    error_at_ = i;
  }

  std::int64_t count_;
  const std::function<void(std::int64_t)>& body_;
  std::atomic<std::int64_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  std::exception_ptr error_;
  std::int64_t error_at_ = std::numeric_limits<std::int64_t>::max();
};

}  // namespace

void for_each(std::int64_t count, int helpers, const std::function<void(std::int64_t)>& body) {
  Loop loop(count, body);
  {
    std::vector<std::jthread> threads;
    const std::int64_t wanted = std::min<std::int64_t>(helpers, count - 1);
    for (std::int64_t i = 0; i < wanted; ++i) threads.emplace_back([&loop] { loop.run(); });
    loop.run();
  }
  loop.rethrow();
}

}  // namespace tandem::data
