#pragma once

#include <functional>
#include <optional>
#include <string>

namespace tandem::train {

/// Where a process stands among those that train together, and how they find each other.
struct RankPlace {
  int rank = 0;
  int size = 1;
  std::string address = "127.0.0.1";  ///< of the store
  int port = 0;
  bool launcher_store = false;  ///< the launcher holds the store; otherwise rank 0 does
  std::string attempt = "0";    ///< a launcher that starts the ranks again counts it up
  int patience = 600;     ///< seconds for which a rank may be at one step while all others wait
  int device = 0;         ///< the number of its device among those of this machine
  std::string interface;  ///< the network's name, e.g. "eth0"; empty: loopback, on one machine
};

/// An environment variable's value; null where it is not set.
using Lookup = std::function<const char*(const char*)>;

/// The place that a launcher gave this process: RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as
/// torchrun and others set them, with TORCHELASTIC_USE_AGENT_STORE and TORCHELASTIC_RESTART_COUNT;
/// LOCAL_RANK is the device. TANDEM_RANK_PATIENCE is the user's. Nothing where neither RANK nor
/// WORLD_SIZE is set.
///
/// Nothing that travels is encrypted or asks who comes, so that loopback is used wherever all ranks
/// are on this machine (LOCAL_WORLD_SIZE = WORLD_SIZE, or a loopback address); otherwise
/// GLOO_SOCKET_IFNAME must name the network. Throws Error(usage) that names the variable for values
/// that make no sense.
std::optional<RankPlace> rank_from_environment(const Lookup& lookup);

}  // namespace tandem::train
