#pragma once

#include <c10/util/intrusive_ptr.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace c10d {
class Store;
}

namespace tandem::train {

/// Tells the other ranks, once a second through the store, that this process runs, and watches that
/// they do: a thread of its own, so that a rank may take as long as it likes for a step or an
/// evaluation. [construction and destruction on one thread, the rest on any]
class Heartbeat {
 public:
  /// `store` is a connection that nobody else uses. Every rank has called `announce` on it before.
  Heartbeat(c10::intrusive_ptr<c10d::Store> store, int rank, int size);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  static void announce(c10d::Store& store, int rank);

  /// The ranks of which nothing was heard for so long.
  std::vector<int> silent(std::chrono::duration<double> time) const;
  /// Whether the store has not answered for so long.
  bool store_silent(std::chrono::duration<double> time) const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the thread, which may hang in the store
  std::thread thread_;
};

}  // namespace tandem::train
