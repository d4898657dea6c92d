#include "train/rank_watch.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"
#include "train/rank_store.hpp"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>

#include <thread>
#include <vector>

namespace tandem::train {
namespace {

using Clock = std::chrono::steady_clock;
using Store = c10::intrusive_ptr<c10d::Store>;
using Work = c10::intrusive_ptr<c10d::Work>;

constexpr auto coming = std::chrono::seconds(20);   // until all ranks are there
constexpr auto hanging = std::chrono::seconds(15);  // of silence
constexpr auto gone = std::chrono::seconds(3);      // of silence, where a connection has broken

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

[[noreturn]] void give_up(const std::string& message) {
  throw Error(ErrorKind::resource, message);
}

std::string list(const std::vector<int>& ranks) {
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (std::size_t i = 0; i < ranks.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(ranks[i]);
  return text;
}

std::string here(int rank) {
  return "here/" + std::to_string(rank);
}
std::string knows(int rank) {
  return "knows/" + std::to_string(rank);
}
constexpr const char* verdict = "verdict";  // why the run ends, by the first to find out

std::vector<std::uint8_t> bytes(const std::string& text) {
  return {text.begin(), text.end()};
}

}  // namespace

RankWatch::RankWatch(const RankPlace& place)
    : place_(place), server_(serve_store(place)), store_(own_names(connect_store(place))) {}

/// A launcher that starts ranks again keeps its store, with what the last attempt left in it.
Store RankWatch::own_names(const Store& store) const {
  return c10::make_intrusive<c10d::PrefixStore>("tandem/" + place_.attempt, store);
}

void RankWatch::meet() {
  const auto until = Clock::now() + coming;
  std::vector<int> missing;
  try {
    Heartbeat::announce(*store_, place_.rank);
    store_->set(here(place_.rank), bytes("yes"));
    for (int rank = 0; rank < place_.size; ++rank)
      if (!comes(rank, until)) missing.push_back(rank);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    broken_ =
        "the store of the ranks, which " + host() + " holds, is gone: " + first_line(error.what());
    give_up(broken_);
  }
  if (!missing.empty())
    end(Log::join(list(missing), " of ", place_.size, " did not start within ", coming.count(),
                  " s"));
  heartbeat_.emplace(own_names(connect_store(place_)), place_.rank, place_.size);
}

void RankWatch::connect(const std::function<void()>& make) {
  const std::string network =
      place_.interface.empty()
          ? ""
          : " over " + place_.interface + ", which GLOO_SOCKET_IFNAME names and all must share";
  try {
    make();
  } catch (const std::exception& error) {
    lost(Log::join("rank ", place_.rank, " of ", place_.size, " does not reach all others", network,
                   ": ", first_line(error.what())));
  }
}

bool RankWatch::comes(int rank, Clock::time_point until) {
  while (!store_->check({here(rank)})) {
    if (const std::string word = found_out(); !word.empty()) end(word);
    if (Clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

Work RankWatch::start(const std::function<Work()>& operation) {
  if (!broken_.empty()) give_up(broken_);
  try {
    return operation();
  } catch (const std::exception& error) {
    lost("a connection between ranks broke: " + first_line(error.what()));
  }
}

void RankWatch::wait(c10d::Work& work) {
  if (!broken_.empty()) give_up(broken_);
  heartbeat_->waits(true);
  try {
    wait_patiently(work);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    lost("a connection between ranks broke: " + first_line(error.what()));
  }
  heartbeat_->waits(false);
}

void RankWatch::wait_patiently(c10d::Work& work) {
  while (true) {
    try {
      work.wait(std::chrono::seconds(1));
      return;
    } catch (const std::exception&) {
      if (work.isCompleted() && work.exception()) throw;
      look_around();
    }
  }
}

void RankWatch::look_around() {
  if (const std::string word = found_out(); !word.empty()) end(word);
  look_for_silence();
  look_for_standstill();
}

void RankWatch::look_for_silence() {
  if (heartbeat_->store_silent(hanging))
    end(Log::join(host(), ", which holds the ranks' store, has been silent for ", hanging.count(),
                  " s"));
  if (const auto silent = heartbeat_->silent(hanging); !silent.empty())
    end(Log::join(list(silent), " of ", place_.size, silent.size() == 1 ? " has" : " have",
                  " been silent for ", hanging.count(), " s"));
}

/// A thread that loops for ever leaves the heartbeat's alone.
void RankWatch::look_for_standstill() {
  const auto busy = heartbeat_->standstill(std::chrono::seconds(place_.patience));
  if (!busy) return;
  const std::string time =
      Log::join(" for ", place_.patience, " s (TANDEM_RANK_PATIENCE sets how long that may be)");
  if (busy->empty())
    end(Log::join("all ", place_.size, " ranks have waited for each other", time,
                  ": they do not call the same collectives in the same order"));
  end(Log::join(list(*busy), " of ", place_.size, busy->size() == 1 ? " has" : " have",
                " been stuck in a step", time, " while all others wait"));
}

/// A connection has broken, or was never made: finds out whose. `otherwise` is said where all ranks
/// live.
void RankWatch::lost(const std::string& otherwise) {
  const auto until = Clock::now() + 2 * gone;
  while (true) {
    if (const std::string word = found_out(); !word.empty()) end(word);
    const auto silent = heartbeat_->silent(gone);
    if (!silent.empty())
      end(Log::join(list(silent), " of ", place_.size, silent.size() == 1 ? " is" : " are",
                    " gone"));
    if (heartbeat_->store_silent(gone)) end(host() + ", which holds the ranks' store, is gone");
    if (Clock::now() > until) end(otherwise);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

/// What another rank has found out, or says of itself.
std::string RankWatch::found_out() const {
  try {
    if (!store_->check({verdict})) return {};
    const auto text = store_->get(verdict);
    return {text.begin(), text.end()};
  } catch (const std::exception&) {
    return {};  // the store is gone: its silence will tell
  }
}

/// Says it to all. Whoever holds the store stays until the others know, or do not answer.
void RankWatch::tell(const std::string& what) const noexcept {
  try {
    if (!store_->check({verdict})) store_->set(verdict, bytes(what));
    store_->set(knows(place_.rank), bytes("yes"));
    const auto until = Clock::now() + 2 * gone;
    for (int rank = 0; rank < place_.size && server_; ++rank) {
      while (!store_->check({knows(rank)}) && Clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  } catch (const std::exception&) {  // then they see by themselves that this rank is gone
    return;
  }
}

void RankWatch::end(const std::string& what) {
  broken_ = Log::join(what, "; rank ", place_.rank, " stops too, since a step needs all");
  tell(what);
  give_up(broken_);
}

void RankWatch::finish() {
  heartbeat_.reset();
  finished_ = true;
}

void RankWatch::fail(const std::string& reason) noexcept {
  if (!finished_ && broken_.empty())
    tell(Log::join("rank ", place_.rank, " of ", place_.size, " ended: ", reason));
}

}  // namespace tandem::train
