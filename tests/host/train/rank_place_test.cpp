#include "train/rank_place.hpp"

#include "catch.hpp"
#include "tandem/base/error.hpp"

#include <map>

using namespace tandem;

namespace {

using Variables = std::map<std::string, std::string>;

std::optional<train::RankPlace> place_of(const Variables& variables) {
  return train::rank_from_environment([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

std::string refusal(const Variables& variables) {
  try {
    place_of(variables);
  } catch (const Error& error) {
    return error.kind() == ErrorKind::usage ? error.what() : "wrong kind";
  }
  return "no error";
}

const Variables launched = {
    {"RANK", "1"}, {"WORLD_SIZE", "3"}, {"MASTER_ADDR", "localhost"}, {"MASTER_PORT", "29500"}};

Variables with(const Variables& more) {
  Variables all = more;
  all.insert(launched.begin(), launched.end());
  return all;
}

}  // namespace

TEST_CASE("a launcher's variables give the place; none of them means alone") {
  CHECK_FALSE(place_of({}).has_value());
  CHECK_FALSE(place_of({{"MASTER_ADDR", "localhost"}}).has_value());
  const auto place = place_of(launched);
  REQUIRE(place.has_value());
  CHECK((place->rank == 1 && place->size == 3 && place->port == 29500));
  CHECK(place->address == "localhost");
  CHECK_FALSE(place->launcher_store);
  CHECK(place->attempt == "0");
  CHECK(place->interface.empty());
  const auto alone = place_of({{"RANK", "0"}, {"WORLD_SIZE", "1"}});
  REQUIRE(alone.has_value());
  CHECK(alone->size == 1);
}

TEST_CASE("torchrun's agent holds the store, and counts its attempts") {
  const auto place = place_of(
      with({{"TORCHELASTIC_USE_AGENT_STORE", "True"}, {"TORCHELASTIC_RESTART_COUNT", "2"}}));
  CHECK(place->launcher_store);
  CHECK(place->attempt == "2");
  CHECK_FALSE(place_of(with({{"TORCHELASTIC_USE_AGENT_STORE", "False"}}))->launcher_store);
}

TEST_CASE("a rank's device is its number on its machine; how patient ranks are can be set") {
  CHECK(place_of(launched)->device == 0);
  CHECK(place_of(launched)->patience == 600);
  const auto place = place_of(with({{"LOCAL_RANK", "2"}, {"TANDEM_RANK_PATIENCE", "30"}}));
  CHECK(place->device == 2);
  CHECK(place->patience == 30);
}

TEST_CASE("another machine is reached over a network that is named, never by chance") {
  const Variables far = with({{"MASTER_ADDR", "10.0.0.7"}});
  CHECK(refusal(far).find("set GLOO_SOCKET_IFNAME") != std::string::npos);
  Variables named = far;
  named["GLOO_SOCKET_IFNAME"] = "eth1";
  CHECK(place_of(named)->interface == "eth1");
  Variables near = far;
  near["LOCAL_WORLD_SIZE"] = "3";
  CHECK(place_of(near)->interface.empty());
  near["LOCAL_WORLD_SIZE"] = "2";
  CHECK(refusal(near).find("10.0.0.7") != std::string::npos);
}

TEST_CASE("half a set of variables, or senseless ones, are refused by name") {
  for (const auto& [name, value] : launched) {
    Variables lacking = launched;
    lacking.erase(name);
    INFO("without " << name);
    CHECK(refusal(lacking).find(name) != std::string::npos);
  }
  for (const auto& [name, value] :
       std::multimap<std::string, std::string>{{"RANK", "3"},
                                               {"RANK", "-1"},
                                               {"WORLD_SIZE", "two"},
                                               {"WORLD_SIZE", "0"},
                                               {"MASTER_PORT", "0"},
                                               {"MASTER_PORT", "70000"},
                                               {"MASTER_PORT", "29500x"},
                                               {"LOCAL_RANK", "-1"},
                                               {"TANDEM_RANK_PATIENCE", "0"}}) {
    INFO(name << "=" << value);
    CHECK(refusal(with({{name, value}})).find(name + " in the environment is '" + value) !=
          std::string::npos);
  }
}
