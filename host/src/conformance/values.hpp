#pragma once

#include "conformance/rule.hpp"
#include "tandem/base/abi.hpp"
#include "tandem/base/params.hpp"
#include "tandem/base/random.hpp"

#include <cstdint>
#include <vector>

namespace tandem::conformance {

/// The defaults with what the subject's settings give. What they give stays as it is in all values
/// below.
ParamValues default_values(const Subject& subject);

/// The same with every integer above 16 (a width, a size) brought down to 16 or, where that is out
/// of its range, to the nearest bound: an instance of them is cheap.
ParamValues small_values(const Subject& subject);

/// The name of a parameter that is a text and empty in `default_values`: a file's, say, without
/// which no instance can be made. Empty where there is none.
std::string missing_text(const Subject& subject);

/// The largest integer that instances are made with on purpose: the width or depth of a network
/// soon costs gigabytes.
std::int64_t largest_made(Role role);

/// Valid values, drawn: integers up to `largest_made` or so, numbers within a few units of their
/// bounds, now and then the default or an edge.
ParamValues random_values(const Subject& subject, Random& random);

/// Valid values at the edges of what is declared: bounds (open ones approached), counts of lists,
/// every choice, every word's value, true and false. Integers beyond ±`largest` are left out.
std::vector<ParamValue> edge_values(const Param& param, std::int64_t largest);
/// Values just beyond each bound and count, of the right type.
std::vector<ParamValue> values_beyond(const Param& param);

}  // namespace tandem::conformance
