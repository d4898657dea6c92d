#pragma once

#include "tandem/sdk/collective.hpp"
#include "train/rank_place.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace tandem::train {

/// What a rank has sent of its own into collectives, and how long it waited for them.
struct Traffic {
  std::int64_t operations = 0;
  std::int64_t bytes = 0;
  double seconds = 0;
};

/// The processes of a run as a collective, through c10d's gloo on the CPU. Whatever goes wrong is
/// an Error(resource) that names the ranks which are gone or silent: at once where a rank's process
/// ended, within 20 seconds where it hangs. A rank that is busy is waited for as long as it takes.
/// [one thread; backward passes on the same]
class ProcessGroup final : public Collective {
 public:
  /// Waits up to 20 seconds for all ranks to come; then throws Error(resource) that names those
  /// which did not.
  explicit ProcessGroup(const RankPlace& place);
  /// Tells the others nothing: they notice. `finish` and `fail` do.
  ~ProcessGroup() override;
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  int rank() const override;
  int size() const override;
  at::Tensor all_reduce_sum(const at::Tensor& tensor) override;
  at::Tensor all_gather(const at::Tensor& tensor) override;

  /// Waits until all ranks call it: the run is done, and nobody watches any more.
  void finish();
  /// Leaves word why this rank ends, for the others' messages.
  void fail(const std::string& reason) noexcept;

  const Traffic& traffic() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem::train
