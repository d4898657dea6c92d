#pragma once

#include "formats/safetensors.hpp"
#include "run/configuration.hpp"
#include "run/model.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace tandem::run {

/// What of a finished run is opened.
struct RunChoice {
  bool best = false;   ///< the weights of the epoch with the best kNN, instead of the last ones
  std::string test;    ///< labelled test pictures; empty: what the run evaluated with
  bool trust = false;  ///< code that the run's backbone came with may run
};

/// What a finished run left, opened again: its configuration, its pictures and its encoder with the
/// trained weights.
class TrainedRun {
 public:
  /// Throws Error(usage) for a folder that is no run or has no best weights, Error(data) where the
  /// pictures are not those it was trained on, Error(checkpoint) for weights that cannot be used.
  /// `catalog` and `log` must outlive this.
  TrainedRun(const std::filesystem::path& folder, const RunChoice& choice, plugin::Catalog& catalog,
             Log& log);

  TrainedRun(const TrainedRun&) = delete;
  TrainedRun& operator=(const TrainedRun&) = delete;

  const config::Config& config() const { return prepared_.config; }
  const DataSet& data() const { return data_; }
  const data::Shape& shape() const { return shape_; }
  Encoder& encoder() { return *trained_; }
  /// The same network with the random weights it started from.
  std::shared_ptr<Encoder> untrained() const;
  /// The objective with its trained heads, on `encoder()`, in eval mode as that is then too. Must
  /// not outlive this.
  std::unique_ptr<Objective> objective();
  /// How many epochs its weights were trained, as their file says.
  const std::string& epochs() const { return epochs_; }

 private:
  std::filesystem::path folder_;
  plugin::Catalog& catalog_;
  Log& log_;
  Prepared prepared_;
  DataSet data_;
  data::Shape shape_;
  EncoderMaker encoders_;
  std::shared_ptr<Encoder> trained_;
  std::string epochs_;
};

/// What a file of weights says about itself: what it takes to make the network again, and to show
/// it pictures as in training. `shape` is the first view's.
formats::Metadata weights_metadata(const config::Config& config, const DataSet& data,
                                   const data::Shape& shape, double epochs);

}  // namespace tandem::run
