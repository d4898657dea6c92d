#pragma once

#include "eval/features.hpp"
#include "eval/probe_trainer.hpp"
#include "eval/scores.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace tandem::eval {

/// Told while probes are trained.
using TellEpoch = std::function<void(std::int64_t epoch, std::int64_t epochs)>;

/// The first weights of a probe: normal with deviation 0.01, the bias 0, of the seed alone.
Linear first_weights(std::int64_t classes, std::int64_t width, std::uint64_t seed,
                     at::ScalarType type);

/// Trains one probe a learning rate, all from the same first weights and through the same batches,
/// in one product each step: cross-entropy, SGD with momentum and weight decay on weight and bias,
/// a cosine over epochs to 0, whole epochs (the last batch may be short) in the order of
/// data::EpochOrder. In the type of the features. Returns them in the order of `rates`; one that
/// diverged is not finite. Precondition: every row has a label below C.
std::vector<Linear> train_probes(const Features& rows, const Linear& first,
                                 std::span<const double> rates, const LinearOptions& options,
                                 const TellEpoch& tell = {});

/// Shares of labelled queries that a probe answers rightly, at once or among its first five.
struct Accuracy {
  double top1 = 0, top5 = 0;
};
Accuracy judge(const Linear& probe, const Features& queries);

/// Of each class the same number of rows, `fraction` of all in total and at least one, drawn by the
/// seed; all of a class that has fewer. Rows keep their order.
Features known_labels(const Features& bank, double fraction, std::uint64_t seed);

/// The linear probe on frozen features: the labels of `bank` train it, the queries are used once.
/// The rate is chosen on a part of the bank that is held out for that, and the winner trained again
/// on the whole bank. Rows without a label take no part. Throws Error(data) where no labels are
/// left, Error(guard) where features are not finite or every rate diverges.
LinearResult linear_probe(const Features& bank, const Features& queries,
                          const LinearOptions& options, const TellEpoch& tell = {});

}  // namespace tandem::eval
