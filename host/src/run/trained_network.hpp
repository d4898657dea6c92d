#pragma once

#include "run/configuration.hpp"
#include "run/model.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tandem::run {

/// A network with trained weights, made again without the pictures that it was trained on: of a run
/// folder, whose configuration counts, or of a file of weights that says what it is of.
class TrainedNetwork {
 public:
  /// `assignments` change the configuration. Throws Error(usage) for a folder that is no run,
  /// Error(checkpoint) for weights that cannot be used or do not say what they are of.
  /// `catalog` and `log` must outlive this.
  TrainedNetwork(const std::filesystem::path& run_or_file,
                 const std::vector<Assignment>& assignments, plugin::Catalog& catalog, Log& log);
  TrainedNetwork(const TrainedNetwork&) = delete;
  TrainedNetwork& operator=(const TrainedNetwork&) = delete;

  const config::Config& config() const { return config_; }
  /// The file that holds the weights.
  const std::filesystem::path& weights() const { return weights_; }
  const data::Shape& shape() const { return shape_; }
  const data::Normalization& normalization() const { return normalization_; }
  Encoder& encoder() { return *encoder_; }
  /// How many epochs the weights were trained, as their file says.
  const std::string& epochs() const { return epochs_; }

 private:
  std::filesystem::path weights_;
  data::Shape shape_;
  data::Normalization normalization_;
  std::string epochs_;
  config::Config config_;
  std::shared_ptr<Encoder> encoder_;
};

}  // namespace tandem::run
