#pragma once

#include "tandem/sdk/encoder.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace tandem::eval {

/// What a network, or anything else, makes of a set of pictures.
struct Features {
  at::Tensor values;                 ///< (N, F) float32 on the CPU, rows in the order of the set
  std::vector<std::int64_t> labels;  ///< N classes counted from 0, -1 where there is none
  /// What a person calls row i, for messages; empty: by its number.
  std::function<std::string(std::int64_t)> name = {};
  /// What the classes are called, by number; empty where numbers are all that is known of them.
  std::vector<std::string> class_names = {};
};

/// Gives pictures begin … end-1 of a set as (end − begin, C, H, W).
using ReadPictures = std::function<at::Tensor(std::int64_t begin, std::int64_t end)>;
/// Turns pictures (n, C, H, W) into features (n, F), or into another shape with n rows.
using Describe = std::function<at::Tensor(const at::Tensor& pictures)>;

/// The features of `labels.size()` pictures, `batch` of them at a time, without a graph. What
/// `describe` returns is flattened behind its first dimension. Throws Error(data) where there are
/// no pictures.
Features collect_features(std::vector<std::int64_t> labels, const ReadPictures& read,
                          const Describe& describe, std::int64_t batch = 256);

/// The same through an encoder in eval mode, on the device of its first parameter. The encoder is
/// in training mode afterwards, also when something is thrown.
Features extract_features(Encoder& encoder, std::vector<std::int64_t> labels,
                          const ReadPictures& read, std::int64_t batch = 256);

/// The rows that have a label.
Features labelled(const Features& features);

/// The rows `rows`, in that order.
Features take(const Features& features, std::span<const std::int64_t> rows);

/// `asked` with its classes numbered as in `known`, by name; as it is where either names none.
/// Throws Error(data) for a class that `known` has not.
Features numbered_as(const Features& known, Features asked);

/// Throws Error(guard) where a feature is not finite, naming the first such picture and how many
/// there are; `what` says of which set, e.g. "training pictures".
void require_finite(const Features& features, const std::string& what);

/// Throws Error(data) where the rows of the two are not equally wide.
void require_equal_width(const Features& bank, const Features& queries);

/// Every row divided by its Euclidean length; a row of zeros stays one.
at::Tensor normalise_rows(const at::Tensor& values);

}  // namespace tandem::eval
