#include "data/resize.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace tandem::data {
namespace {

/// What one new pixel takes of the old ones from `first` on, along one axis; the sum is 1.
struct Taps {
  int first = 0;
  std::vector<double> weights;
};

/// The old pixels that lie in [x, x + 1) of the new ones.
Taps covered(int x, double step, int old_size) {
  const double begin = x * step, end = std::min((x + 1) * step, double(old_size));
  Taps taps{static_cast<int>(begin), {}};
  for (int i = taps.first; i < end && i < old_size; ++i)
    taps.weights.push_back((std::min(i + 1.0, end) - std::max(double(i), begin)) / (end - begin));
  return taps;
}

/// The two old pixels whose centres are beside a new one's; at the edge the one.
Taps between(int x, double step, int old_size) {
  const double centre = std::clamp((x + 0.5) * step - 0.5, 0.0, old_size - 1.0);
  const int first = std::min(static_cast<int>(centre), std::max(old_size - 2, 0));
  const double share = centre - first;
  if (old_size == 1) return {0, {1}};
  return {first, {1 - share, share}};
}

std::vector<Taps> axis(int old_size, int new_size, bool shrinks, Enlarging how) {
  const double step = static_cast<double>(old_size) / new_size;
  std::vector<Taps> taps;
  for (int x = 0; x < new_size; ++x) {
    if (shrinks)
      taps.push_back(covered(x, step, old_size));
    else if (how == Enlarging::linear)
      taps.push_back(between(x, step, old_size));
    else
      taps.push_back({std::min(static_cast<int>(x * step), old_size - 1), {1}});
  }
  return taps;
}

template <class Value>
void resample(const Image& from, const Value* in, const std::vector<Taps>& rows,
              const std::vector<Taps>& columns, Value* out) {
  const auto channels = static_cast<std::size_t>(from.channels());
  const std::size_t stride = static_cast<std::size_t>(from.width()) * channels;
  for (const Taps& row : rows) {
    for (const Taps& column : columns) {
      const Value* corner = in + static_cast<std::size_t>(row.first) * stride +
                            static_cast<std::size_t>(column.first) * channels;
      for (std::size_t c = 0; c < channels; ++c) {
        double sum = 0;
        for (std::size_t y = 0; y < row.weights.size(); ++y)
          for (std::size_t x = 0; x < column.weights.size(); ++x)
            sum += row.weights[y] * column.weights[x] * corner[y * stride + x * channels + c];
        *out++ = static_cast<Value>(std::is_integral_v<Value> ? std::nearbyint(sum) : sum);
      }
    }
  }
}

}  // namespace

void resize(const Image& from, Image& to, Enlarging how) {
  const bool shrinks = to.height() < from.height() || to.width() < from.width();
  const auto rows = axis(from.height(), to.height(), shrinks, how);
  const auto columns = axis(from.width(), to.width(), shrinks, how);
  if (from.type() == PixelType::u8)
    resample(from, from.u8(), rows, columns, to.u8());
  else
    resample(from, from.f32(), rows, columns, to.f32());
}

}  // namespace tandem::data
