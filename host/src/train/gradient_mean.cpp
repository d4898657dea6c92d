#include "train/gradient_mean.hpp"

#include "train/gradient_buckets.hpp"
#include "train/run_collective.hpp"

#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <utility>

namespace tandem::train {
namespace {

using torch::autograd::variable_list;
using Accumulator = decltype(torch::autograd::impl::grad_accumulator(at::Tensor()));

/// Calls something whenever the gradient of a leaf has been accumulated, as long as it lives.
class Watch {
 public:
  Watch(const at::Tensor& leaf, std::function<void()> call)
      : accumulator_(torch::autograd::impl::grad_accumulator(leaf)),
        key_(accumulator_->add_post_hook(std::make_unique<Hook>(std::move(call)))) {}
  ~Watch() { accumulator_->del_post_hook(key_); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  struct Hook final : torch::autograd::FunctionPostHook {
    explicit Hook(std::function<void()> what) : call(std::move(what)) {}
    variable_list operator()(const variable_list& outputs, const variable_list&) override {
      call();
      return outputs;
    }
    std::function<void()> call;
  };
  Accumulator accumulator_;  // a leaf alone would not keep it
  std::uintptr_t key_;
};

/// The gradients of a bucket as they were when it went.
class Seen {
 public:
  explicit Seen(const Bucket& bucket) {
    for (const auto& parameter : bucket) {
      const at::Tensor& grad = parameter.tensor.grad();
      grads_.emplace_back(grad, grad.defined() ? grad._version() : 0);
    }
  }
  bool differs(const Bucket& bucket) const {
    for (std::size_t i = 0; i < bucket.size(); ++i) {
      const at::Tensor& grad = bucket[i].tensor.grad();
      const auto& [then, version] = grads_[i];
      if (!grad.is_same(then) || (grad.defined() && grad._version() != version)) return true;
    }
    return false;
  }

 private:
  std::vector<std::pair<at::Tensor, std::int64_t>> grads_;
};

struct Sent {
  at::Tensor sums;  // once they are
  Seen seen;
};

}  // namespace

class GradientMean::Impl {
 public:
  Impl(Collective& collective, const std::vector<TrainedParameter>& parameters,
       std::int64_t bucket_bytes)
      : collective_(collective),
        background_(dynamic_cast<RunCollective*>(&collective)),
        buckets_(buckets_of(parameters, bucket_bytes)) {
    if (background_ == nullptr) return;
    for (std::size_t b = 0; b < buckets_.size(); ++b) {
      arrived_.emplace_back(buckets_[b].size());
      for (std::size_t i = 0; i < buckets_[b].size(); ++i)
        watches_.push_back(
            std::make_unique<Watch>(buckets_[b][i].tensor, [this, b, i] { arrives(b, i); }));
    }
  }

  void begin() {
    const std::lock_guard lock(mutex_);
    sent_.clear();
    for (auto& bucket : arrived_) std::fill(bucket.begin(), bucket.end(), false);
    under_way_ = overlaps_;
  }

  void finish() {
    if (background_ == nullptr) return one_by_one();
    stop();
    send_rest(any_changed());
    if (!sent_.empty() && flagged(sent_.back().sums)) {
      overlaps_ = false;
      sent_.clear();
      send_rest(false);
    }
    for (std::size_t b = 0; b < sent_.size(); ++b)
      unpack(sent_[b].sums, buckets_[b], collective_.size());
    sent_.clear();
  }

  void abandon() noexcept {
    if (background_ == nullptr) return;
    stop();
    sent_.clear();
    background_->drop_sums();
  }

 private:
  void one_by_one() {
    for (const Bucket& bucket : buckets_)
      unpack(collective_.all_reduce_sum(packed(bucket, false)), bucket, collective_.size());
  }

  /// [a thread of the backward pass]
  void arrives(std::size_t bucket, std::size_t place) {
    const std::lock_guard lock(mutex_);
    if (!under_way_) return;
    arrived_[bucket][place] = true;
    // In one order on all ranks, whatever arrives first. The last one tells in `finish` of changes.
    while (sent_.size() + 1 < buckets_.size() && complete(sent_.size())) send(false);
  }

  bool complete(std::size_t bucket) const {
    const auto& arrived = arrived_[bucket];
    return std::find(arrived.begin(), arrived.end(), false) == arrived.end();
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    under_way_ = false;
  }

  bool any_changed() const {
    for (std::size_t b = 0; b < sent_.size(); ++b)
      if (sent_[b].seen.differs(buckets_[b])) return true;
    return false;
  }

  void send(bool flag) {
    const Bucket& bucket = buckets_[sent_.size()];
    const Sent sent{packed(bucket, flag), Seen(bucket)};
    background_->start_sum(sent.sums);
    sent_.push_back(sent);
  }

  /// Sends what has not gone, and waits for all. `flag` goes with the last.
  void send_rest(bool flag) {
    while (sent_.size() < buckets_.size()) send(flag && sent_.size() + 1 == buckets_.size());
    for (std::size_t b = 0; b < sent_.size(); ++b) background_->finish_sum();
  }

  Collective& collective_;
  RunCollective* background_;  // null where the collective knows none
  std::vector<Bucket> buckets_;
  std::vector<std::unique_ptr<Watch>> watches_;

  std::mutex mutex_;
  std::vector<std::vector<bool>> arrived_;  // of this step
  std::vector<Sent> sent_;                  // likewise: of the first so many buckets
  bool under_way_ = false;                  // the pass that `begin` announced
  bool overlaps_ = true;                    // no gradient has ever changed afterwards
};

GradientMean::GradientMean(Collective& collective, std::vector<TrainedParameter> parameters,
                           std::int64_t bucket_bytes) {
  if (collective.size() > 1)
    impl_ = std::make_unique<Impl>(collective, std::move(parameters), bucket_bytes);
}
GradientMean::~GradientMean() = default;
GradientMean::GradientMean(GradientMean&&) noexcept = default;

void GradientMean::begin() {
  if (impl_) impl_->begin();
}
void GradientMean::finish() {
  if (impl_) impl_->finish();
}
void GradientMean::abandon() noexcept {
  if (impl_) impl_->abandon();
}

}  // namespace tandem::train
