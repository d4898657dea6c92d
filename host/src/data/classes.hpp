#pragma once

#include "data/source.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tandem::data {

/// For each class of `asked` its number among `known`: each data set numbers its classes by itself.
/// Throws Error(data) for the first one that is not known.
std::vector<std::int64_t> numbers_among(const std::vector<std::string>& known,
                                        const std::vector<std::string>& asked);

/// What follows, in a protocol, from one of two sets naming its classes and the other numbering
/// them; empty where both do the same.
std::string match(const std::vector<std::string>& known, const std::vector<std::string>& asked);

/// The pictures of `asked`, their classes numbered as in `known`, by name. `asked` itself where
/// either names no classes: numbers are then all there is, as `match` tells. Throws as
/// `numbers_among` does.
std::shared_ptr<const Source> numbered_as(const Source& known, std::shared_ptr<const Source> asked);

}  // namespace tandem::data
