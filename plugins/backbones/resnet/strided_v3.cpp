#include "strided_loops.hpp"

namespace resnet::strided {

// Six rows by two vectors fill the sixteen registers.
const Loops loops_v3 = make_loops<Vectors<8, 6>>();

}  // namespace resnet::strided
