#include "report/metrics_log.hpp"

#include <cmath>

namespace tandem::report {
namespace {

using formats::Json;
using formats::json_number;

Json to_json(const Values& values) {
  Json object = Json::object();
  for (const NamedValue& value : values) object[value.name] = json_number(value.value);
  return object;
}

Json timing(const StepEvent& step) {
  const Seconds& s = step.seconds;
  const double rate = s.total > 0 ? static_cast<double>(step.images) / s.total : 0;
  return {{"images_per_s", json_number(rate)},     {"data", json_number(s.data)},
          {"forward", json_number(s.forward)},     {"backward", json_number(s.backward)},
          {"optimizer", json_number(s.optimizer)}, {"health", json_number(s.health)},
          {"probe", json_number(s.probe)},         {"checkpoint", json_number(s.checkpoint)},
          {"observers", json_number(s.observers)}, {"total", json_number(s.total)}};
}

}  // namespace

void MetricsLog::on_start(const RunInfo& run) {
  lines_.write({{"event", "start"},
                {"objective", run.objective},
                {"backbone", run.backbone},
                {"device", run.device},
                {"samples", run.samples},
                {"batch_size", run.batch_size},
                {"steps_per_epoch", run.steps_per_epoch},
                {"epochs", run.epochs},
                {"total_steps", run.total_steps},
                {"first_step", run.first_step},
                {"parameters", run.parameters}});
}

void MetricsLog::on_step(const StepEvent& step) {
  lines_.write({{"event", "step"},
                {"step", step.step},
                {"epoch", step.epoch},
                {"loss", json_number(step.loss)},
                {"lr", json_number(step.lr)},
                {"metrics", to_json(step.metrics)},
                {"images", step.images},
                {"timing", timing(step)}});
}

void MetricsLog::on_health(const HealthEvent& health) {
  Json line = {{"event", "health"}, {"step", health.step}, {"epoch", health.epoch}};
  line.update(to_json(health.values));
  lines_.write(line);
}

void MetricsLog::on_matrix(const MatrixEvent& matrix) {
  Json values = Json::array();
  // A picture shows no more than hundredths, and they keep the file small.
  for (const float value : matrix.values)
    values.push_back(json_number(std::round(double{value} * 100) / 100));
  lines_.write({{"event", "matrix"},
                {"name", matrix.name},
                {"step", matrix.step},
                {"epoch", matrix.epoch},
                {"rows", matrix.rows},
                {"columns", matrix.columns},
                {"values", values}});
}

void MetricsLog::on_alarm(const AlarmEvent& alarm) {
  lines_.write(
      {{"event", "alarm"}, {"step", alarm.step}, {"sign", alarm.sign}, {"cause", alarm.cause}});
}

void MetricsLog::on_evaluation(const EvalEvent& eval) {
  lines_.write({{"event", "eval"},
                {"name", eval.name},
                {"step", eval.step},
                {"epoch", eval.epoch},
                {"protocol", eval.protocol},
                {"values", to_json(eval.values)}});
}

void MetricsLog::on_epoch_end(const EpochEvent& epoch) {
  lines_.write({{"event", "epoch"}, {"epoch", epoch.epoch}, {"step", epoch.step}});
}

void MetricsLog::on_end(const EndEvent& end) {
  Json line = {{"event", "end"},
               {"reason", to_string(end.reason)},
               {"step", end.step},
               {"epoch", end.epoch}};
  if (!end.message.empty()) line["message"] = end.message;
  line["timing"] = {{"total", json_number(end.seconds)}};
  lines_.write(line);
}

}  // namespace tandem::report
