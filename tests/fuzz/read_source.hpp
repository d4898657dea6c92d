#pragma once

#include <string>

namespace fuzz {

/// Opens the file as a data set and reads names, labels and pixels of its first pictures. Pictures
/// of more than a million pixels are refused.
void read_source(const std::string& kind, const std::string& path);

}  // namespace fuzz
