#pragma once

#include "conformance/rule.hpp"
#include "tandem/base/log.hpp"
#include "tandem/sdk/stateful.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What the rules of objectives and backbones share: guarded calls, comparisons, copies of state.
namespace tandem::conformance {

/// The plugin's code threw a std::exception with a text. A rule that allows a refusal catches it.
class Thrown : public Violation {
 public:
  using Violation::Violation;
};

/// Turns the exception being handled into Thrown, or into a Violation where it is no std::exception
/// or has no text. `stage`: what the plugin was doing.
[[noreturn]] void rethrow_as_thrown(std::string_view stage);

/// Calls code of the plugin.
template <class Call>
decltype(auto) plugin_call(std::string_view stage, Call&& call) {
  try {
    return call();
  } catch (...) {
    rethrow_as_thrown(stage);
  }
}

template <class Body>
bool passes(const Body& body, at::ScalarType type) {
  try {
    body(type);
    return true;
  } catch (const Violation&) {
    return false;
  }
}

/// Runs `body(type)` in float64 and in float32; a violation says in which.
template <class Body>
void in_both_types(const Body& body) {
  for (const auto type : {at::kDouble, at::kFloat}) {
    const char* const name = type == at::kDouble ? "in float64: " : "in float32: ";
    try {
      body(type);
    } catch (const Violation& violation) {
      const bool only_doubles = type == at::kDouble && passes(body, at::kFloat);
      throw Violation(Log::join(name, violation.what(),
                                only_doubles ? "; in float32 it passes: is every module, parameter "
                                               "and buffer registered with add()?"
                                             : ""));
    }
  }
}

/// Equal type, shape and bits: a NaN equals itself. Two undefined tensors are equal.
bool same_bits(const at::Tensor& a, const at::Tensor& b);
bool all_finite(const at::Tensor& tensor);
/// ‖a − b‖/max(‖b‖, 1e-30) in float64; infinite where the shapes differ.
double distance(const at::Tensor& a, const at::Tensor& b);
/// The greatest `distance` that rounding explains in results of a few operations.
double rounding(at::ScalarType type);

/// Normal numbers from `seed` alone; LibTorch's default generators are not touched.
at::Tensor normals(at::IntArrayRef shape, std::uint64_t seed, at::ScalarType type);

/// Copies of an object's parameters and buffers, in the visit's order.
using Snapshot = std::vector<NamedTensor>;
Snapshot snapshot(Stateful& object);
/// Writes a snapshot back, by name.
void restore(Stateful& object, const Snapshot& saved);

enum class Statistics { compared, ignored };
/// The name of the first tensor whose bits differ, or "". BatchNorm's running statistics may be
/// left out.
std::string first_difference(const Snapshot& a, const Snapshot& b,
                             Statistics statistics = Statistics::compared);

/// Throws Violation where a name is no dotted path, comes twice, or its tensor is undefined.
void expect_legal_names(Stateful& object);
/// The names of parameters, then of buffers, as one text.
std::string names_of(Stateful& object);

/// Throws Violation where they are others now.
void expect_names(Stateful& object, const std::string& names, const char* when);

/// The bytes of a tensor, or of all of a state, one after another.
std::string bits_of(const at::Tensor& tensor);
std::string bits_of(const Snapshot& state);

/// While it lives, what is freed is overwritten, so that a pointer into it reads a pattern: by
/// glibc as it is freed, or, what glibc keeps at hand for the next allocation, by `rest`.
class OverwriteFreed {
 public:
  OverwriteFreed();
  ~OverwriteFreed();
  OverwriteFreed(const OverwriteFreed&) = delete;
  OverwriteFreed& operator=(const OverwriteFreed&) = delete;
  /// Allocates memory of many sizes, fills it with the pattern and frees it.
  void rest() const;
};

}  // namespace tandem::conformance
