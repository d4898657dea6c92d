#pragma once

#include "formats/append_file.hpp"
#include "formats/protobuf.hpp"
#include "report/observer.hpp"
#include "tandem/base/image.hpp"

#include <filesystem>
#include <string>

namespace tandem::report {

/// Writes every number of a run as TensorBoard's events, and matrices and views as its images. The
/// format: TFRecords (length, masked CRC-32C, bytes, masked CRC-32C) of the message Event in
/// tensorflow/core/util/event.proto. A record that cannot be written never stops the run
/// (AppendFile).
class TensorBoardLog final : public TrainObserver {
 public:
  /// Appends to `path`, whose name must hold "tfevents"; `log` must outlive this. Throws
  /// Error(resource) where it cannot be opened.
  TensorBoardLog(std::filesystem::path path, Log& log);

  /// Makes the events so far durable and gives the file's length.
  std::uint64_t sync() { return file_.sync(); }

  /// Shows an 8-bit image of 1, 3 or 4 channels under `tag`.
  void show(const std::string& tag, const Image& image, std::int64_t step);

  void on_step(const StepEvent& step) override;
  void on_health(const HealthEvent& health) override;
  void on_matrix(const MatrixEvent& matrix) override;
  void on_evaluation(const EvalEvent& eval) override;

 private:
  void write(const formats::ProtobufMessage& event);
  void write_summary(const formats::ProtobufMessage& summary, std::int64_t step);
  formats::AppendFile file_;
};

}  // namespace tandem::report
