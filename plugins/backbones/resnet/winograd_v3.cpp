#include "winograd_loops.hpp"

namespace resnet::winograd {

// Six rows by two vectors fill the sixteen registers.
const Kernels kernels_v3 = make_kernels<Vectors<8, 6>>();

}  // namespace resnet::winograd
