#pragma once

#include "data/normalization.hpp"
#include "tandem/base/image.hpp"

#include <vector>

namespace tandem::data {

/// Sums over the pixels of pictures with one type and number of channels, in double: exact for the
/// bytes of any data set that fits a disk.
class Moments {
 public:
  void add(const Image& image);
  void add(const Moments& other);
  std::size_t channels() const { return sum_.size(); }

  /// Of bytes in 0 … 1, where a standard deviation below 1/255 becomes 1/255; of floats as they
  /// are, where one that is nothing but rounding becomes 1. Precondition: a picture was added.
  Normalization result() const;

 private:
  void add_bytes(const Image& image);
  void add_floats(const Image& image);
  double usable(double deviation, double mean) const;

  std::vector<double> sum_, square_;
  double count_ = 0;
  bool bytes_ = true;
};

}  // namespace tandem::data
