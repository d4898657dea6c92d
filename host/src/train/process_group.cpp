// Shows c10d's gloo, which every LibTorch for Linux holds.
#define USE_C10D_GLOO

#include "train/process_group.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"
#include "train/heartbeat.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>

namespace tandem::train {
namespace {

using Clock = std::chrono::steady_clock;
using Store = c10::intrusive_ptr<c10d::Store>;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

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

/// A port of this machine that no other machine reaches, which c10d alone would not give: its
/// server listens on all of a machine's addresses.
int listen_on_loopback(int port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(listener, where, sizeof address) == 0 && ::listen(listener, 128) == 0) return listener;
  const std::string reason = std::strerror(errno);
  ::close(listener);
  give_up(Log::join("the ranks' store cannot be at 127.0.0.1:", port, ": ", reason,
                    "; set MASTER_PORT to a port that is free"));
}

/// As the server on a socket that listens, or on all of the machine's addresses (`everywhere`).
constexpr int as_client = -1, everywhere = -2;
c10::intrusive_ptr<c10d::TCPStore> connect(const RankPlace& place, int listener = as_client) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(place.port);
  options.isServer = listener != as_client;
  options.waitWorkers = false;
  options.timeout = coming;
  if (listener >= 0) options.masterListenFd = listener;
  try {
    return c10::make_intrusive<c10d::TCPStore>(place.address, options);
  } catch (const std::exception& error) {
    give_up(Log::join(
        "rank ", place.rank, " of ", place.size, " does not reach the ranks' store at ",
        place.address, ":", place.port, " (MASTER_ADDR, MASTER_PORT), which ",
        place.launcher_store ? "the launcher" : "rank 0", " holds: ", first_line(error.what())));
  }
}

/// The store, where this rank holds it; else null.
c10::intrusive_ptr<c10d::TCPStore> serve(const RankPlace& place) {
  if (place.rank != 0 || place.launcher_store) return nullptr;
  return connect(place, place.interface.empty() ? listen_on_loopback(place.port) : everywhere);
}

/// The one place that knows the back end.
c10::intrusive_ptr<c10d::Backend> make_backend(const RankPlace& place, const Store& store) {
  using Gloo = c10d::ProcessGroupGloo;
  // How long an operation takes is the heartbeat's to judge, which tells slow ranks from lost ones.
  auto options = Gloo::Options::create(std::chrono::hours(24 * 365));
  options->devices = {place.interface.empty() ? Gloo::createDeviceForHostname("127.0.0.1")
                                              : Gloo::createDeviceForInterface(place.interface)};
  return c10::make_intrusive<Gloo>(store, place.rank, place.size, options);
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

class ProcessGroup::Impl {
 public:
  explicit Impl(const RankPlace& place)
      : place_(place), server_(serve(place)), store_(own_names(connect(place))) {
    meet();
    heartbeat_.emplace(own_names(connect(place)), place.rank, place.size);
    backend_ = make_backend(place, store_);
  }

  ~Impl() {
    // An operation that still waits for a lost rank would be waited for.
    if (!finished_) static_cast<void>(backend_.release());
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const RankPlace& place() const { return place_; }
  const Traffic& traffic() const { return traffic_; }

  at::Tensor sum(const at::Tensor& own) {
    std::vector<at::Tensor> tensors = {own.detach().clone(at::MemoryFormat::Contiguous)};
    run(own, [&] { return backend_->allreduce(tensors, c10d::AllreduceOptions()); });
    return tensors.front();
  }

  at::Tensor gather(const at::Tensor& own) {
    std::vector<at::Tensor> input = {own.detach().contiguous()};
    std::vector<std::int64_t> shape = own.sizes().vec();
    shape[0] *= place_.size;
    at::Tensor all = at::empty(shape, own.options());
    std::vector<std::vector<at::Tensor>> outputs = {all.chunk(place_.size)};
    run(own, [&] { return backend_->allgather(outputs, input, c10d::AllgatherOptions()); });
    return all;
  }

  void copy_from_first(const at::Tensor& tensor) {
    const at::NoGradGuard no_grad;
    const bool flag = tensor.scalar_type() == at::kBool;  // which gloo does not carry
    std::vector<at::Tensor> tensors = {
        tensor.to(flag ? at::kByte : tensor.scalar_type()).clone(at::MemoryFormat::Contiguous)};
    run(tensors.front(), [&] { return backend_->broadcast(tensors, c10d::BroadcastOptions()); });
    tensor.copy_(tensors.front());
  }

  void finish() {
    sum(at::zeros({1}));
    heartbeat_.reset();
    finished_ = true;
  }

  void fail(const std::string& reason) noexcept {
    if (!finished_ && broken_.empty())
      tell(Log::join("rank ", place_.rank, " of ", place_.size, " ended: ", reason));
  }

 private:
  /// A launcher that starts ranks again keeps its store, with what the last attempt left in it.
  Store own_names(const Store& store) const {
    return c10::make_intrusive<c10d::PrefixStore>("tandem/" + place_.attempt, store);
  }

  /// Waits until every rank has said that it is there.
  void meet() {
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
      give_up("the store of the ranks, which " + host() +
              " holds, is gone: " + first_line(error.what()));
    }
    if (!missing.empty())
      end(Log::join(list(missing), " of ", place_.size, " did not start within ", coming.count(),
                    " s"));
  }

  bool comes(int rank, Clock::time_point until) {
    while (!store_->check({here(rank)})) {
      if (const std::string word = found_out(); !word.empty()) end(word);
      if (Clock::now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  std::string host() const { return place_.launcher_store ? "the launcher" : "rank 0"; }

  template <class Start>
  void run(const at::Tensor& own, const Start& start) {
    const auto began = Clock::now();
    if (!broken_.empty()) give_up(broken_);
    try {
      wait(*start());
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      lost(first_line(error.what()));
    }
    traffic_.seconds += std::chrono::duration<double>(Clock::now() - began).count();
    traffic_.bytes += static_cast<std::int64_t>(own.nbytes());
    ++traffic_.operations;
  }

  void wait(c10d::Work& work) {
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

  void look_around() {
    if (const std::string word = found_out(); !word.empty()) end(word);
    if (heartbeat_->store_silent(hanging))
      end(Log::join(host(), ", which holds the ranks' store, has been silent for ", hanging.count(),
                    " s"));
    if (const auto silent = heartbeat_->silent(hanging); !silent.empty())
      end(Log::join(list(silent), " of ", place_.size, silent.size() == 1 ? " has" : " have",
                    " been silent for ", hanging.count(), " s"));
  }

  /// A connection has broken: finds out whose.
  [[noreturn]] void lost(const std::string& cause) {
    const auto until = Clock::now() + 2 * gone;
    while (true) {
      if (const std::string word = found_out(); !word.empty()) end(word);
      const auto silent = heartbeat_->silent(gone);
      if (!silent.empty())
        end(Log::join(list(silent), " of ", place_.size, silent.size() == 1 ? " is" : " are",
                      " gone"));
      if (heartbeat_->store_silent(gone)) end(host() + ", which holds the ranks' store, is gone");
      if (Clock::now() > until) end("a connection between ranks broke: " + cause);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  /// What another rank has found out, or says of itself.
  std::string found_out() const {
    try {
      if (!store_->check({verdict})) return {};
      const auto text = store_->get(verdict);
      return {text.begin(), text.end()};
    } catch (const std::exception&) {
      return {};  // the store is gone: its silence will tell
    }
  }

  /// Says it to all. Whoever holds the store stays until the others know, or do not answer.
  void tell(const std::string& what) const noexcept {
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

  [[noreturn]] void end(const std::string& what) {
    broken_ = Log::join(what, "; rank ", place_.rank, " stops too, since a step needs all");
    tell(what);
    give_up(broken_);
  }

  RankPlace place_;
  c10::intrusive_ptr<c10d::TCPStore> server_;  // of rank 0; null for others
  Store store_;
  std::optional<Heartbeat> heartbeat_;
  c10::intrusive_ptr<c10d::Backend> backend_;
  Traffic traffic_;
  std::string broken_;  // why nothing works any more
  bool finished_ = false;

  friend class ProcessGroup;
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
  return Sum<Impl>::apply(tensor, reinterpret_cast<std::int64_t>(impl_.get()));
}
at::Tensor ProcessGroup::all_gather(const at::Tensor& tensor) {
  return Gather<Impl>::apply(tensor, reinterpret_cast<std::int64_t>(impl_.get()));
}
void ProcessGroup::copy_from_first(std::span<const at::Tensor> tensors) {
  for (const at::Tensor& tensor : tensors) impl_->copy_from_first(tensor);
}
void ProcessGroup::finish() {
  impl_->finish();
}
void ProcessGroup::fail(const std::string& reason) noexcept {
  impl_->fail(reason);
}
const Traffic& ProcessGroup::traffic() const {
  return impl_->traffic();
}

struct RankStore::Server {
  c10::intrusive_ptr<c10d::TCPStore> store;
};

RankStore::RankStore() : server_(std::make_unique<Server>()) {
  const int listener = listen_on_loopback(0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  RankPlace place;
  place.port = port_;
  server_->store = connect(place, listener);
}
RankStore::~RankStore() = default;

}  // namespace tandem::train
