#include "train/heartbeat.hpp"

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <condition_variable>
#include <mutex>

namespace tandem::train {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto beat = std::chrono::seconds(1);

std::string key_of(int rank) {
  return "beat/" + std::to_string(rank);
}

std::vector<std::uint8_t> bytes(std::int64_t number) {
  const std::string text = std::to_string(number);
  return {text.begin(), text.end()};
}

}  // namespace

struct Heartbeat::State {
  c10::intrusive_ptr<c10d::Store> store;
  int rank = 0;
  std::vector<std::string> keys;

  mutable std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false, stopped = false;
  std::vector<std::vector<std::uint8_t>> values;
  std::vector<Clock::time_point> heard;  // when each value was last another
  Clock::time_point answered = Clock::now();

  void run() {
    std::unique_lock lock(mutex);
    for (std::int64_t count = 1; !stopping; ++count) {
      lock.unlock();
      const bool lives = exchange(count);
      lock.lock();
      if (!lives) break;
      changed.wait_for(lock, beat, [this] { return stopping; });
    }
    stopped = true;
    changed.notify_all();
  }

  bool exchange(std::int64_t count) {
    try {
      store->set(keys[static_cast<std::size_t>(rank)], bytes(count));
      note(store->multiGet(keys));
      return true;
    } catch (const std::exception&) {
      return false;  // it stays unanswered, which `store_silent` tells
    }
  }

  void note(std::vector<std::vector<std::uint8_t>> now_held) {
    const std::lock_guard lock(mutex);
    const auto now = Clock::now();
    // Whoever was stopped itself (a terminal's Ctrl-Z) has heard nothing of anyone.
    const bool slept = now - answered > 4 * beat;
    values.resize(now_held.size());
    heard.resize(now_held.size(), now);
    for (std::size_t i = 0; i < heard.size(); ++i)
      if (slept || now_held[i] != values[i]) heard[i] = now;
    values = std::move(now_held);
    answered = now;
  }
};

Heartbeat::Heartbeat(c10::intrusive_ptr<c10d::Store> store, int rank, int size)
    : state_(std::make_shared<State>()) {
  state_->store = std::move(store);
  state_->rank = rank;
  for (int i = 0; i < size; ++i) state_->keys.push_back(key_of(i));
  state_->heard.assign(static_cast<std::size_t>(size), Clock::now());
  thread_ = std::thread([state = state_] { state->run(); });
}

Heartbeat::~Heartbeat() {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->changed.notify_all();
  const bool stopped = state_->changed.wait_for(lock, 2 * beat, [this] { return state_->stopped; });
  lock.unlock();
  if (stopped)
    thread_.join();
  else
    thread_.detach();  // it hangs in a store that does not answer
}

void Heartbeat::announce(c10d::Store& store, int rank) {
  store.set(key_of(rank), bytes(0));
}

std::vector<int> Heartbeat::silent(std::chrono::duration<double> time) const {
  const std::lock_guard lock(state_->mutex);
  std::vector<int> ranks;
  for (std::size_t i = 0; i < state_->heard.size(); ++i) {
    const bool self = static_cast<int>(i) == state_->rank;
    if (!self && state_->answered - state_->heard[i] > time) ranks.push_back(static_cast<int>(i));
  }
  return ranks;
}

bool Heartbeat::store_silent(std::chrono::duration<double> time) const {
  const std::lock_guard lock(state_->mutex);
  return Clock::now() - state_->answered > time;
}

}  // namespace tandem::train
