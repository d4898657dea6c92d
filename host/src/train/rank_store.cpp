#include "train/rank_store.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"
#include "train/process_group.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace tandem::train {
namespace {

[[noreturn]] void give_up(const std::string& message) {
  throw Error(ErrorKind::resource, message);
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
c10::intrusive_ptr<c10d::TCPStore> open(const RankPlace& place, int listener) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(place.port);
  options.isServer = listener != as_client;
  options.waitWorkers = false;
  options.timeout = std::chrono::seconds(20);
  if (listener >= 0) options.masterListenFd = listener;
  try {
    return c10::make_intrusive<c10d::TCPStore>(place.address, options);
  } catch (const std::exception& error) {
    const std::string text = error.what();
    give_up(Log::join("rank ", place.rank, " of ", place.size,
                      " does not reach the ranks' store at ", place.address, ":", place.port,
                      " (MASTER_ADDR, MASTER_PORT), which ",
                      place.launcher_store ? "the launcher" : "rank 0",
                      " holds: ", text.substr(0, text.find('\n'))));
  }
}

}  // namespace

c10::intrusive_ptr<c10d::TCPStore> connect_store(const RankPlace& place) {
  return open(place, as_client);
}

c10::intrusive_ptr<c10d::TCPStore> serve_store(const RankPlace& place) {
  if (place.rank != 0 || place.launcher_store) return nullptr;
  return open(place, place.interface.empty() ? listen_on_loopback(place.port) : everywhere);
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
  server_->store = open(place, listener);
}
RankStore::~RankStore() = default;

}  // namespace tandem::train
