#include "report/tensorboard.hpp"

#include "data/png.hpp"
#include "formats/crc32c.hpp"
#include "report/matrix_picture.hpp"

#include <chrono>
#include <string_view>

namespace tandem::report {
namespace {

using formats::ProtobufMessage;

// The fields of event.proto and summary.proto.
namespace event {
enum { wall_time = 1, step = 2, file_version = 3, summary = 5 };
}
namespace summary {
enum { value = 1 };
}
namespace value {
enum { tag = 1, simple_value = 2, image = 4 };
}
namespace image {
enum { height = 1, width = 2, colorspace = 3, encoded = 4 };
}

constexpr int matrix_cell = 8;

double now() {
  using std::chrono::system_clock;
  return std::chrono::duration<double>(system_clock::now().time_since_epoch()).count();
}

template <class Integer>
std::string little_endian(Integer number) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof number; ++i)
    bytes.push_back(static_cast<char>(number >> (8 * i)));
  return bytes;
}

/// TFRecord's way of keeping a checksum of bytes that hold checksums from being one of them.
std::string masked_checksum(std::string_view bytes) {
  const std::uint32_t sum = formats::crc32c(bytes);
  return little_endian<std::uint32_t>((sum >> 15 | sum << 17) + 0xa282ead8U);
}

void add(ProtobufMessage& to, const std::string& tag, double number) {
  to.message(summary::value, ProtobufMessage()
                                 .bytes(value::tag, tag)
                                 .real32(value::simple_value, static_cast<float>(number)));
}

void add(ProtobufMessage& to, const std::string& prefix, const Values& values) {
  for (const NamedValue& item : values) add(to, prefix + item.name, item.value);
}

}  // namespace

TensorBoardLog::TensorBoardLog(std::filesystem::path path, Log& log) : file_(std::move(path), log) {
  if (file_.sync() > 0) return;  // a run that goes on: a file has one first record
  write(
      ProtobufMessage().real(event::wall_time, now()).bytes(event::file_version, "brain.Event:2"));
}

void TensorBoardLog::write(const ProtobufMessage& event) {
  const std::string& bytes = event.encoded();
  const std::string length = little_endian<std::uint64_t>(bytes.size());
  file_.write(length + masked_checksum(length) + bytes + masked_checksum(bytes));
}

void TensorBoardLog::write_summary(const ProtobufMessage& summary, std::int64_t step) {
  write(ProtobufMessage()
            .real(event::wall_time, now())
            .integer(event::step, step)
            .message(event::summary, summary));
}

void TensorBoardLog::show(const std::string& tag, const Image& picture, std::int64_t step) {
  const auto shown = ProtobufMessage()
                         .integer(image::height, picture.height())
                         .integer(image::width, picture.width())
                         .integer(image::colorspace, picture.channels())
                         .bytes(image::encoded, data::encode_png(picture));
  const auto tagged = ProtobufMessage().bytes(value::tag, tag).message(value::image, shown);
  write_summary(ProtobufMessage().message(summary::value, tagged), step);
}

void TensorBoardLog::on_step(const StepEvent& step) {
  ProtobufMessage numbers;
  add(numbers, "train/loss", step.loss);
  add(numbers, "train/lr", step.lr);
  add(numbers, "train/", step.metrics);
  if (step.seconds.total > 0)
    add(numbers, "time/images_per_s", static_cast<double>(step.images) / step.seconds.total);
  write_summary(numbers, step.step);
}

void TensorBoardLog::on_health(const HealthEvent& health) {
  ProtobufMessage numbers;
  add(numbers, "health/", health.values);
  write_summary(numbers, health.step);
}

void TensorBoardLog::on_matrix(const MatrixEvent& matrix) {
  show(matrix.name, picture_of(matrix, matrix_cell), matrix.step);
}

void TensorBoardLog::on_evaluation(const EvalEvent& eval) {
  ProtobufMessage numbers;
  add(numbers, "eval/", eval.values);
  write_summary(numbers, eval.step);
}

}  // namespace tandem::report
