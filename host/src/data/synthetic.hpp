#pragma once

#include "data/source.hpp"
#include "tandem/base/random.hpp"

#include <cstdint>
#include <string>

namespace tandem::data {

/// What all made-up sources have in common: a number of samples whose classes take turns.
class Synthetic : public Source {
 public:
  /// Throws Error(config) where the options make no sense; `what` names the samples, e.g.
  /// "pictures".
  Synthetic(const SyntheticOptions& options, int channels, const char* what);
  std::int64_t size() const override { return options_.count; }
  std::int64_t label(std::int64_t index) const override { return index % options_.classes; }
  std::string name(std::int64_t index) const override {
    return "synthetic[" + std::to_string(index) + "]";
  }

 protected:
  /// The draws of one sample; `kind` keeps those of different sources apart.
  Random random_of(std::int64_t index, std::uint16_t kind) const;
  /// Classes come in pairs, counted from 0: the number of the last one, at least 1.
  double last_pair() const;

  SyntheticOptions options_;
  int channels_;
};

}  // namespace tandem::data
