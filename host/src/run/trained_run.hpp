#pragma once

#include "formats/safetensors.hpp"
#include "run/configuration.hpp"
#include "run/model.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace tandem::run {

/// What a finished run left, opened again: its configuration, its pictures and its encoder with the
/// trained weights.
class TrainedRun {
 public:
  /// Throws Error(usage) for a folder that is no run, Error(data) where the pictures are not those
  /// it was trained on, Error(checkpoint) for weights that cannot be used.
  TrainedRun(const std::filesystem::path& folder, plugin::Catalog& catalog, Log& log);

  TrainedRun(const TrainedRun&) = delete;
  TrainedRun& operator=(const TrainedRun&) = delete;

  const config::Config& config() const { return prepared_.config; }
  const DataSet& data() const { return data_; }
  const data::Shape& shape() const { return shape_; }
  Encoder& encoder() { return *trained_; }
  /// The same network with the random weights it started from.
  std::shared_ptr<Encoder> untrained() const;
  /// How many epochs its weights were trained, as their file says.
  const std::string& epochs() const { return epochs_; }

 private:
  Prepared prepared_;
  DataSet data_;
  data::Shape shape_;
  EncoderMaker encoders_;
  std::shared_ptr<Encoder> trained_;
  std::string epochs_;
};

/// What a file of weights says about itself.
formats::Metadata weights_metadata(const config::Config& config, const DataSet& data,
                                   double epochs);

}  // namespace tandem::run
