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

/// What a training thread is at, and how often that has changed.
struct Progress {
  bool in_step = false, waits = false;
  std::int64_t changes = 0;
};

/// `other` may take as long as it likes.
enum class Doing : char { waiting = 'w', step = 's', other = '-' };

using Bytes = std::vector<std::uint8_t>;

/// "<what> <changes> <beats>": all but the last word says how far a rank has come.
Bytes bytes(const Progress& progress, std::int64_t beats) {
  const Doing doing = progress.waits     ? Doing::waiting
                      : progress.in_step ? Doing::step
                                         : Doing::other;
  const std::string text = std::string{static_cast<char>(doing)} + ' ' +
                           std::to_string(progress.changes) + ' ' + std::to_string(beats);
  return {text.begin(), text.end()};
}

std::string progress_of(const Bytes& value) {
  const std::string text(value.begin(), value.end());
  return text.substr(0, text.rfind(' '));
}

/// What was heard of one rank, and when.
struct Heard {
  Bytes value;
  Clock::time_point beat;   // when the value was last another
  Clock::time_point moved;  // when the progress in it was

  Doing doing() const { return value.empty() ? Doing::other : static_cast<Doing>(value.front()); }
  void note(Bytes now_held, Clock::time_point now) {
    if (now_held != value) beat = now;
    if (progress_of(now_held) != progress_of(value)) moved = now;
    value = std::move(now_held);
  }
};

}  // namespace

struct Heartbeat::State {
  c10::intrusive_ptr<c10d::Store> store;
  int rank = 0;
  std::vector<std::string> keys;

  mutable std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false, stopped = false;
  Progress progress;
  std::vector<Heard> heard;  // one a rank
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
      store->set(keys[static_cast<std::size_t>(rank)], bytes(progress_now(), count));
      note(store->multiGet(keys));
      return true;
    } catch (const std::exception&) {
      return false;  // it stays unanswered, which `store_silent` tells
    }
  }

  Progress progress_now() const {
    const std::lock_guard lock(mutex);
    return progress;
  }

  void note(std::vector<Bytes> now_held) {
    const std::lock_guard lock(mutex);
    const auto now = Clock::now();
    // Whoever was stopped itself (a terminal's Ctrl-Z) has heard nothing of anyone.
    const bool slept = now - answered > 4 * beat;
    for (std::size_t i = 0; i < heard.size(); ++i) {
      heard[i].note(std::move(now_held.at(i)), now);
      if (slept) heard[i].beat = heard[i].moved = now;
    }
    answered = now;
  }

  void change(bool Progress::*what, bool yes) {
    const std::lock_guard lock(mutex);
    progress.*what = yes;
    ++progress.changes;
  }
};

Heartbeat::Heartbeat(c10::intrusive_ptr<c10d::Store> store, int rank, int size)
    : state_(std::make_shared<State>()) {
  state_->store = std::move(store);
  state_->rank = rank;
  for (int i = 0; i < size; ++i) state_->keys.push_back(key_of(i));
  state_->heard.assign(static_cast<std::size_t>(size), {{}, Clock::now(), Clock::now()});
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
  store.set(key_of(rank), bytes({}, 0));
}

void Heartbeat::in_step(bool yes) {
  state_->change(&Progress::in_step, yes);
}
void Heartbeat::waits(bool yes) {
  state_->change(&Progress::waits, yes);
}

std::vector<int> Heartbeat::silent(std::chrono::duration<double> time) const {
  const std::lock_guard lock(state_->mutex);
  std::vector<int> ranks;
  for (std::size_t i = 0; i < state_->heard.size(); ++i) {
    const bool self = static_cast<int>(i) == state_->rank;
    if (!self && state_->answered - state_->heard[i].beat > time)
      ranks.push_back(static_cast<int>(i));
  }
  return ranks;
}

bool Heartbeat::store_silent(std::chrono::duration<double> time) const {
  const std::lock_guard lock(state_->mutex);
  return Clock::now() - state_->answered > time;
}

std::optional<std::vector<int>> Heartbeat::standstill(std::chrono::duration<double> time) const {
  const std::lock_guard lock(state_->mutex);
  std::vector<int> at_a_step;
  for (std::size_t i = 0; i < state_->heard.size(); ++i) {
    const Heard& rank = state_->heard[i];
    if (rank.doing() == Doing::other || state_->answered - rank.moved <= time) return std::nullopt;
    if (rank.doing() == Doing::step) at_a_step.push_back(static_cast<int>(i));
  }
  return at_a_step;
}

}  // namespace tandem::train
