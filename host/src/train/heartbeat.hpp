#pragma once

#include <c10/util/intrusive_ptr.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace c10d {
class Store;
}

namespace tandem::train {

/// Tells the other ranks, once a second through the store, that this process runs and what its
/// training thread is at, and watches that they do: a thread of its own, so that a rank may take as
/// long as it likes for an evaluation. [construction and destruction on one thread, the rest on
/// any]
class Heartbeat {
 public:
  /// `store` is a connection that nobody else uses. Every rank has called `announce` on it before.
  Heartbeat(c10::intrusive_ptr<c10d::Store> store, int rank, int size);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  static void announce(c10d::Store& store, int rank);

  /// What the training thread does: it is at a step; it waits for an operation of all ranks.
  void in_step(bool yes);
  void waits(bool yes);

  /// The ranks of which nothing was heard for so long.
  std::vector<int> silent(std::chrono::duration<double> time) const;
  /// Whether the store has not answered for so long.
  bool store_silent(std::chrono::duration<double> time) const;
  /// Where no rank's training thread has come further for so long, and all of them either wait or
  /// are at a step: those at a step, none where all wait for each other. Nothing where a rank does
  /// anything else, which may take long.
  std::optional<std::vector<int>> standstill(std::chrono::duration<double> time) const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the thread, which may hang in the store
  std::thread thread_;
};

}  // namespace tandem::train
