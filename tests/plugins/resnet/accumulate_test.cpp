// A batch in chunks, through a ResNet that normalises each picture alone.
#include "training.hpp"

using namespace resnet_training;

TEST_CASE("train.accumulate is exact for norm = group and frozen (float64, 20 steps of SGD)") {
  for (const std::string norm : {"group", "frozen"}) {
    const Outcome whole = outcome_of(parts_of(network_with(norm)));
    CHECK(std::abs(whole.losses.back() - whole.losses.front()) > 1e-4 * whole.losses.front());
    for (const std::int64_t chunks : {2, 4, 8}) {
      INFO(norm << ", chunks: " << chunks);
      auto parts = parts_of(network_with(norm));
      parts.chunks = chunks;
      check_same(outcome_of(std::move(parts)), whole);
    }
  }
}
