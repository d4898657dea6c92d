#pragma once

#include "train/rank_place.hpp"
#include "train/run_collective.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace tandem::train {

/// What a rank has sent of its own into collectives, and how long it waited for them.
struct Traffic {
  std::int64_t operations = 0;
  std::int64_t bytes = 0;
  double seconds = 0;
  double hidden = 0;  ///< for which sums in the background took, without being waited for
};

/// The processes of a run as a collective, through c10d's gloo on the CPU. Whatever goes wrong is
/// an Error(resource) that names the ranks which are gone or silent: at once where a rank's process
/// ended, within 20 seconds where it hangs. A rank that is busy is waited for as long as it takes,
/// unless it is at a step for longer than its place's patience while all others wait.
/// [one thread; backward passes on the same]
class ProcessGroup final : public RunCollective {
 public:
  /// Waits up to 20 seconds for all ranks to come and 15 for each of two groups to connect; then
  /// throws Error(resource) that names those which did not come or are gone. Error(usage) where the
  /// network that the place names is none of this machine's. Others are told why this one ends.
  explicit ProcessGroup(const RankPlace& place);
  /// Tells the others nothing: they notice. `finish` and `fail` do.
  ~ProcessGroup() override;
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  int rank() const override;
  int size() const override;
  at::Tensor all_reduce_sum(const at::Tensor& tensor) override;
  at::Tensor all_gather(const at::Tensor& tensor) override;
  void start_sum(const at::Tensor& tensor) override;
  void finish_sum() override;
  void drop_sums() noexcept override;
  void in_step(bool yes) override;

  /// Overwrites every tensor by rank 0's, in place: all ranks name as many, of the same shapes and
  /// types, in the same order.
  void copy_from_first(std::span<const at::Tensor> tensors);

  /// Waits until all ranks call it: the run is done, and nobody watches any more.
  void finish();
  /// Leaves word why this rank ends, for the others' messages.
  void fail(const std::string& reason) noexcept;

  const Traffic& traffic() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The store of ranks that this process starts on its own machine, at a port of loopback that it
/// finds.
class RankStore {
 public:
  RankStore();
  ~RankStore();
  RankStore(const RankStore&) = delete;
  RankStore& operator=(const RankStore&) = delete;
  int port() const { return port_; }

 private:
  struct Server;
  std::unique_ptr<Server> server_;
  int port_ = 0;
};

}  // namespace tandem::train
