#include "winograd_loops.hpp"

namespace resnet::winograd {

// A row's factor comes straight from memory: twelve sums hide the latency.
const Kernels kernels_v4 = make_kernels<Vectors<16, 12>>();

}  // namespace resnet::winograd
