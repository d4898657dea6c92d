#pragma once

#include "data/source.hpp"

#include <cstdint>
#include <memory>

namespace tandem::data {

/// The same pictures, which are decoded once and then kept in memory until `bytes` are full, all
/// that is needed to keep them counted; those that come later are decoded each time. Nothing is
/// ever dropped for another: an epoch shows every picture once, so that the one dropped would be
/// the next to be missed.
std::unique_ptr<Source> cached(std::unique_ptr<Source> source, std::int64_t bytes);

}  // namespace tandem::data
