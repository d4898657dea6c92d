#pragma once

#include "train/heartbeat.hpp"
#include "train/rank_place.hpp"

#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/csrc/distributed/c10d/Work.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace tandem::train {

/// Watches over the other ranks of a run while this one waits for them, and ends it where one is
/// gone, silent or stuck: as Error(resource) that all ranks word alike. [one thread]
class RankWatch {
 public:
  /// Finds the ranks' store, within 20 seconds; then throws Error(resource).
  explicit RankWatch(const RankPlace& place);
  RankWatch(const RankWatch&) = delete;
  RankWatch& operator=(const RankWatch&) = delete;

  /// Waits up to 20 seconds for all ranks to come; then throws Error(resource) that names those
  /// which did not. Before anything that follows, but for `fail`.
  void meet();
  /// Has `make` connect this rank with all others, within a time of its own.
  void connect(const std::function<void()>& make);

  /// Where the ranks keep what they have to tell each other, under names of this attempt's.
  const c10::intrusive_ptr<c10d::Store>& store() const { return store_; }

  /// Starts an operation of all ranks. Throws why nothing works any more, where that is known.
  c10::intrusive_ptr<c10d::Work> start(
      const std::function<c10::intrusive_ptr<c10d::Work>()>& operation);
  /// Waits for it as long as the others are at work.
  void wait(c10d::Work& work);
  /// Whether this rank is at a step: else it may take as long as it likes.
  void in_step(bool yes) { heartbeat_->in_step(yes); }

  /// The run is done: nobody watches any more.
  void finish();
  /// Leaves word why this rank ends, for the others' messages.
  void fail(const std::string& reason) noexcept;

 private:
  c10::intrusive_ptr<c10d::Store> own_names(const c10::intrusive_ptr<c10d::Store>& store) const;
  bool comes(int rank, std::chrono::steady_clock::time_point until);
  std::string host() const { return place_.launcher_store ? "the launcher" : "rank 0"; }
  void wait_patiently(c10d::Work& work);
  void look_around();
  void look_for_silence();
  void look_for_standstill();
  [[noreturn]] void lost(const std::string& otherwise);
  std::string found_out() const;
  void tell(const std::string& what) const noexcept;
  [[noreturn]] void end(const std::string& what);

  RankPlace place_;
  c10::intrusive_ptr<c10d::TCPStore> server_;  // of rank 0; null for others
  c10::intrusive_ptr<c10d::Store> store_;
  std::optional<Heartbeat> heartbeat_;
  std::string broken_;  // why nothing works any more
  bool finished_ = false;
};

}  // namespace tandem::train
