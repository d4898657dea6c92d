#include "train/rank_place.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <charconv>
#include <limits>

namespace tandem::train {
namespace {

class Variables {
 public:
  explicit Variables(const Lookup& lookup) : lookup_(lookup) {}

  std::string text(const char* name) const {
    const char* value = lookup_(name);
    return value == nullptr ? "" : value;
  }
  bool has(const char* name) const { return !text(name).empty(); }
  std::string required(const char* name) const {
    if (has(name)) return text(name);
    throw Error(ErrorKind::usage,
                Log::join("RANK and WORLD_SIZE make this process one of several, but ", name,
                          " is not set: a launcher sets RANK, WORLD_SIZE, MASTER_ADDR and "
                          "MASTER_PORT; unset them to train alone"));
  }
  int number(const char* name, int least, int most) const {
    const std::string value = required(name);
    int result = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
    if (error == std::errc() && end == value.data() + value.size() && result >= least &&
        result <= most)
      return result;
    throw Error(ErrorKind::usage,
                Log::join(name, " in the environment is '", value, "'; a number from ", least,
                          " to ", most, " is expected"));
  }

 private:
  const Lookup& lookup_;
};

bool is_loopback(const std::string& address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

std::string interface_of(const Variables& variables, const RankPlace& place) {
  const std::string name = variables.text("GLOO_SOCKET_IFNAME");
  const bool one_machine = is_loopback(place.address) ||
                           variables.text("LOCAL_WORLD_SIZE") == std::to_string(place.size);
  if (!name.empty() || one_machine) return name;
  throw Error(ErrorKind::usage,
              Log::join("MASTER_ADDR is ", place.address,
                        ", another machine's: set GLOO_SOCKET_IFNAME to the network that the "
                        "ranks share, e.g. eth0. What they send is neither encrypted nor "
                        "authenticated, so it must be one that you trust"));
}

}  // namespace

std::optional<RankPlace> rank_from_environment(const Lookup& lookup) {
  const Variables variables(lookup);
  if (!variables.has("RANK") && !variables.has("WORLD_SIZE")) return std::nullopt;
  constexpr int most = std::numeric_limits<int>::max();
  RankPlace place;
  place.size = variables.number("WORLD_SIZE", 1, most);
  place.rank = variables.number("RANK", 0, place.size - 1);
  if (place.size == 1) return place;
  place.address = variables.required("MASTER_ADDR");
  place.port = variables.number("MASTER_PORT", 1, 65535);
  place.launcher_store = variables.text("TORCHELASTIC_USE_AGENT_STORE") == "True";
  if (variables.has("TORCHELASTIC_RESTART_COUNT"))
    place.attempt = variables.text("TORCHELASTIC_RESTART_COUNT");
  if (variables.has("TANDEM_RANK_PATIENCE"))
    place.patience = variables.number("TANDEM_RANK_PATIENCE", 1, most);
  if (variables.has("LOCAL_RANK")) place.device = variables.number("LOCAL_RANK", 0, most);
  place.interface = interface_of(variables, place);
  return place;
}

}  // namespace tandem::train
