#include "train/process_group.hpp"

#include "catch.hpp"
#include "tandem/base/error.hpp"

#include <torch/types.h>

#include <chrono>
#include <functional>
#include <string>

using namespace tandem;

namespace {

std::string error_of(const std::function<void()>& call) {
  try {
    call();
    return "nothing";
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.kind())) + ": " + error.what();
  }
}

/// One rank, over gloo all the same.
train::RankPlace place_in(const train::RankStore& store) {
  train::RankPlace place;
  place.port = store.port();
  place.launcher_store = true;
  return place;
}

}  // namespace

TEST_CASE("what a collective does not carry is the caller's fault and breaks no connection") {
  const train::RankStore store;
  train::ProcessGroup group(place_in(store));
  const auto began = std::chrono::steady_clock::now();
  CHECK(error_of([&] {
          group.all_reduce_sum(torch::ones({2}, at::kShort));
        }).starts_with("2: all_reduce_sum of a collective takes"));
  CHECK(error_of([&] {
          group.all_gather(torch::ones({2}, at::kBool));
        }).starts_with("2: all_gather of a collective takes"));
  CHECK(error_of([&] { group.all_gather(torch::ones({})); }).find("unsqueeze(0)") !=
        std::string::npos);
  CHECK(group.all_gather(torch::ones({2})).size(0) == 2);
  group.finish();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
}

TEST_CASE("a network that is none of this machine's is refused by its variable") {
  const train::RankStore store;
  auto place = place_in(store);
  place.interface = "nosuch0";
  CHECK(error_of([&] {
          const train::ProcessGroup group(place);
        }).starts_with("2: GLOO_SOCKET_IFNAME is 'nosuch0', on which rank 0 cannot listen"));
}
