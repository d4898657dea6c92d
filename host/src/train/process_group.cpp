// Shows c10d's gloo, which every LibTorch for Linux holds.
#define USE_C10D_GLOO

#include "train/process_group.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"
#include "train/rank_watch.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/core/ivalue.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>

namespace tandem::train {
namespace {

using Clock = std::chrono::steady_clock;
using Work = c10::intrusive_ptr<c10d::Work>;
using Backend = c10::intrusive_ptr<c10d::Backend>;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

double seconds_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

using Gloo = c10d::ProcessGroupGloo;
using Device = std::shared_ptr<gloo::transport::Device>;

/// What this rank listens on for the others.
Device open_device(const RankPlace& place) {
  const std::string& network = place.interface;
  try {
    return network.empty() ? Gloo::createDeviceForHostname("127.0.0.1")
                           : Gloo::createDeviceForInterface(network);
  } catch (const std::exception& error) {
    const std::string text = error.what(), cause = text.substr(0, text.find('\n'));
    if (network.empty())
      throw Error(ErrorKind::resource, "ranks cannot meet at 127.0.0.1: " + cause);
    throw Error(ErrorKind::usage,
                Log::join("GLOO_SOCKET_IFNAME is '", network, "', on which rank ", place.rank,
                          " cannot listen: it must name a network of this machine that is up, as "
                          "`ip address` lists them: ",
                          cause));
  }
}

/// The one place that knows the back end: a group that is connected, whose operations are told
/// apart from those of another name's. `Group` is gloo's.
template <class Group>
Backend make_group(const std::string& name, const RankPlace& place, const Device& device,
                   const c10::intrusive_ptr<c10d::Store>& store) {
  // How long an operation takes is the heartbeat's to judge, which tells slow ranks from lost ones.
  // Nobody looks at it while ranks connect: all must have ended 30 s after one did not.
  constexpr std::chrono::milliseconds connecting = std::chrono::seconds(15),
                                      operating = std::chrono::hours(24 * 365);
  // LibTorch before 2.9 has one patience for both.
  constexpr bool two = requires(Group & group) {
    group.setTimeout(operating);
  };
  auto options = Group::Options::create(two ? connecting : operating);
  options->devices = {device};
  options->threads = 1;
  const auto names = c10::make_intrusive<c10d::PrefixStore>(name, store);
  auto group = c10::make_intrusive<Group>(names, place.rank, place.size, options);
  if constexpr (two) group->setTimeout(operating);
  return group;
}

/// A sum that was started, and when another thread ended it.
struct Started {
  Work work;
  Clock::time_point started;
  std::shared_ptr<std::atomic<Clock::time_point>> ended;
};

}  // namespace

class ProcessGroup::Impl {
 public:
  explicit Impl(const RankPlace& place) : place_(place), watch_(place) {
    try {
      const Device device = open_device(place);
      watch_.meet();
      watch_.connect([&] {
        backend_ = make_group<Gloo>("collectives", place, device, watch_.store());
        in_background_ = make_group<Gloo>("sums", place, device, watch_.store());
      });
    } catch (const std::exception& error) {
      watch_.fail(error.what());
      throw;
    }
  }

  ~Impl() {
    // An operation that still waits for a lost rank would be waited for.
    if (finished_) return;
    static_cast<void>(backend_.release());
    static_cast<void>(in_background_.release());
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const RankPlace& place() const { return place_; }
  const Traffic& traffic() const { return traffic_; }
  RankWatch& watch() { return watch_; }

  at::Tensor sum(const at::Tensor& own) {
    std::vector<at::Tensor> tensors = {copy_here(own)};
    run(own, [&] { return backend_->allreduce(tensors, c10d::AllreduceOptions()); });
    return tensors.front().to(own.device());
  }

  at::Tensor gather(const at::Tensor& own) {
    std::vector<at::Tensor> input = {own.detach().to(at::kCPU).contiguous()};
    std::vector<std::int64_t> shape = own.sizes().vec();
    shape[0] *= place_.size;
    at::Tensor all = at::empty(shape, input.front().options());
    std::vector<std::vector<at::Tensor>> outputs = {all.chunk(place_.size)};
    run(own, [&] { return backend_->allgather(outputs, input, c10d::AllgatherOptions()); });
    return all.to(own.device());
  }

  void copy_from_first(const at::Tensor& tensor) {
    const at::NoGradGuard no_grad;
    const bool flag = tensor.scalar_type() == at::kBool;  // which gloo does not carry
    std::vector<at::Tensor> tensors = {copy_here(flag ? tensor.to(at::kByte) : tensor)};
    run(tensors.front(), [&] { return backend_->broadcast(tensors, c10d::BroadcastOptions()); });
    tensor.copy_(tensors.front());
  }

  void start_sum(const at::Tensor& tensor) {
    std::vector<at::Tensor> tensors = {tensor};
    const auto ended = std::make_shared<std::atomic<Clock::time_point>>();
    Work work =
        watch_.start([&] { return in_background_->allreduce(tensors, c10d::AllreduceOptions()); });
    sums_.push_back({work, Clock::now(), ended});
    work->getFuture()->addCallback([ended](c10::ivalue::Future&) { *ended = Clock::now(); });
    traffic_.bytes += static_cast<std::int64_t>(tensor.nbytes());
    ++traffic_.operations;
  }

  void finish_sum() {
    const auto began = Clock::now();
    const Started sum = sums_.front();
    watch_.wait(*sum.work);
    sums_.pop_front();
    const double waited = seconds_between(began, Clock::now());
    // They pass one after the other.
    const auto ended = sum.ended->load();
    const double took = seconds_between(std::max(sum.started, last_ended_), ended);
    last_ended_ = ended;
    traffic_.seconds += waited;
    traffic_.hidden += std::max(0.0, took - waited);
  }

  void drop_sums() noexcept { sums_.clear(); }

  void finish() {
    sum(at::zeros({1}));
    watch_.finish();
    finished_ = true;
  }

 private:
  /// In the memory that gloo reads and writes, of its own.
  static at::Tensor copy_here(const at::Tensor& tensor) {
    return tensor.device().is_cpu() ? tensor.detach().clone(at::MemoryFormat::Contiguous)
                                    : tensor.detach().to(at::kCPU).contiguous();
  }

  template <class Start>
  void run(const at::Tensor& own, const Start& start) {
    const auto began = Clock::now();
    watch_.wait(*watch_.start(start));
    traffic_.seconds += seconds_between(began, Clock::now());
    traffic_.bytes += static_cast<std::int64_t>(own.nbytes());
    ++traffic_.operations;
  }

  RankPlace place_;
  RankWatch watch_;
  Backend backend_;
  Backend in_background_;  // its own connections: what happens there needs no place in the order
  std::deque<Started> sums_;
  Clock::time_point last_ended_{};
  Traffic traffic_;
  bool finished_ = false;
};

namespace {

/// Hands a group through an autograd function's saved data.
template <class Group>
Group& group_of(const AutogradContext& context) {
  return *reinterpret_cast<Group*>(context.saved_data.at("group").toInt());
}

template <class Group>
struct Sum : torch::autograd::Function<Sum<Group>> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& tensor,
                            std::int64_t group) {
    context->saved_data["group"] = group;
    return group_of<Group>(*context).sum(tensor);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    return {group_of<Group>(*context).sum(gradients[0]), {}};
  }
};

template <class Group>
struct Gather : torch::autograd::Function<Gather<Group>> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& tensor,
                            std::int64_t group) {
    context->saved_data["group"] = group;
    context->saved_data["rows"] = tensor.size(0);
    return group_of<Group>(*context).gather(tensor);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    auto& group = group_of<Group>(*context);
    const std::int64_t rows = context->saved_data["rows"].toInt();
    return {group.sum(gradients[0]).narrow(0, group.place().rank * rows, rows), {}};
  }
};

}  // namespace

ProcessGroup::ProcessGroup(const RankPlace& place) : impl_(std::make_unique<Impl>(place)) {}
ProcessGroup::~ProcessGroup() = default;

int ProcessGroup::rank() const {
  return impl_->place().rank;
}
int ProcessGroup::size() const {
  return impl_->place().size;
}
at::Tensor ProcessGroup::all_reduce_sum(const at::Tensor& tensor) {
  detail::check_sum(tensor);
  return Sum<Impl>::apply(tensor, reinterpret_cast<std::int64_t>(impl_.get()));
}
at::Tensor ProcessGroup::all_gather(const at::Tensor& tensor) {
  detail::check_gather(tensor);
  return Gather<Impl>::apply(tensor, reinterpret_cast<std::int64_t>(impl_.get()));
}
void ProcessGroup::copy_from_first(std::span<const at::Tensor> tensors) {
  for (const at::Tensor& tensor : tensors) impl_->copy_from_first(tensor);
}
void ProcessGroup::finish() {
  impl_->finish();
}
void ProcessGroup::fail(const std::string& reason) noexcept {
  impl_->watch().fail(reason);
}
const Traffic& ProcessGroup::traffic() const {
  return impl_->traffic();
}

void ProcessGroup::start_sum(const at::Tensor& tensor) {
  impl_->start_sum(tensor);
}
void ProcessGroup::finish_sum() {
  impl_->finish_sum();
}
void ProcessGroup::drop_sums() noexcept {
  impl_->drop_sums();
}
void ProcessGroup::in_step(bool yes) {
  impl_->watch().in_step(yes);
}

}  // namespace tandem::train
