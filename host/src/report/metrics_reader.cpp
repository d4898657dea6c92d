#include "report/metrics_reader.hpp"

#include "formats/regular_file.hpp"
#include "report/whole_number.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace tandem::report {
namespace {

using formats::Json;

std::int64_t whole(const Json& line, const char* key) {
  return whole_number(line.at(key));
}

std::int64_t whole(const Json& line, const char* key, std::int64_t otherwise) {
  const auto found = line.find(key);
  return found == line.end() ? otherwise : whole_number(*found);
}

std::string text(const Json& line, const char* key) {
  return line.value(key, std::string());
}

/// Files the lines of one run.
class Reader {
 public:
  explicit Reader(RunRecord& run) : run_(run) {}

  void read(const Json& line) {
    const std::string event = line.at("event");
    if (event == "start") start(line);
    if (event == "step") step(line);
    if (event == "eval") evaluation(line);
    if (event == "health") health(line);
    if (event == "matrix") matrix(line);
    if (event == "alarm")
      run_.alarms.push_back({whole(line, "step"), text(line, "sign"), text(line, "cause")});
    if (event == "end") end(line);
  }

 private:
  void start(const Json& line) {
    RunInfo& info = run_.info;
    info.objective = text(line, "objective");
    info.backbone = text(line, "backbone");
    info.device = text(line, "device");
    info.samples = whole(line, "samples", info.samples);
    info.batch_size = whole(line, "batch_size", info.batch_size);
    info.steps_per_epoch = whole(line, "steps_per_epoch", info.steps_per_epoch);
    info.epochs = whole(line, "epochs", info.epochs);
    info.total_steps = whole(line, "total_steps", info.total_steps);
    info.first_step = whole(line, "first_step", 0);
    info.parameters = whole(line, "parameters", info.parameters);
    forget_after(info.first_step);
    run_.end.clear();
  }

  /// A resumed run does again what came after its checkpoint.
  void forget_after(std::int64_t step) {
    const auto later = [step](const auto& item) { return item.step > step; };
    for (Curve& curve : run_.curves) {
      std::erase_if(curve.points, [&](const Point& point) { return point.x > epochs(step); });
    }
    std::erase_if(run_.evaluations, later);
    std::erase_if(run_.alarms, later);
    run_.steps = std::min(run_.steps, step);
  }

  double epochs(std::int64_t step) const {
    return static_cast<double>(step) /
           static_cast<double>(std::max<std::int64_t>(1, run_.info.steps_per_epoch));
  }

  void add(const std::string& curve, double x, const Json& value) {
    const double y = formats::number_from_json(value);
    if (!std::isfinite(y)) return;
    auto found = std::find_if(run_.curves.begin(), run_.curves.end(),
                              [&](const Curve& item) { return item.name == curve; });
    if (found == run_.curves.end()) found = run_.curves.insert(found, {curve, {}});
    if (found->points.empty() || found->points.back().x <= x) found->points.push_back({x, y});
  }

  void step(const Json& line) {
    run_.steps = whole(line, "step");
    const double x = epochs(run_.steps);
    add("loss", x, line.at("loss"));
    add("lr", x, line.at("lr"));
    const Json metrics = line.value("metrics", Json::object());
    for (const auto& [name, value] : metrics.items()) add("metric " + name, x, value);
    const Json timing = line.value("timing", Json::object());
    if (!timing.contains("images_per_s")) return;
    add("images_per_s", x, timing["images_per_s"]);
    run_.images += line.value("images", 0.0);
    run_.step_seconds += timing.value("total", 0.0);
  }

  void evaluation(const Json& line) {
    EvalEvent event;
    event.name = text(line, "name");
    event.protocol = text(line, "protocol");
    event.step = whole(line, "step");
    event.epoch = whole(line, "epoch", 0);
    for (const auto& [name, value] : line.at("values").items()) {
      event.values.push_back({name, formats::number_from_json(value)});
      add("eval " + name, epochs(event.step), value);
    }
    run_.evaluations.push_back(std::move(event));
  }

  void health(const Json& line) {
    const double x = epochs(whole(line, "step"));
    // As a share of an even spread's, 1/√D: what is healthy is then one number for every width.
    const double even = line.value("embedding_std_even", 0.0);
    if (even > 0 && line.contains("embedding_std"))
      add("health spread", x, formats::number_from_json(line["embedding_std"]) / even);
    for (const char* name : {"effective_rank", "alignment", "uniformity", "gradient_norm"})
      if (line.contains(name)) add(std::string("health ") + name, x, line[name]);
  }

  void matrix(const Json& line) {
    Matrix matrix{text(line, "name"),
                  whole(line, "step"),
                  static_cast<std::size_t>(whole(line, "rows")),
                  static_cast<std::size_t>(whole(line, "columns")),
                  {}};
    for (const Json& value : line.at("values"))
      matrix.values.push_back(formats::number_from_json(value));
    // Divided, since the product of two hostile numbers may overflow.
    if (matrix.rows == 0 || matrix.values.empty() || matrix.values.size() % matrix.rows != 0 ||
        matrix.values.size() / matrix.rows != matrix.columns) {
      ++run_.damaged_lines;
      return;
    }
    std::erase_if(run_.matrices, [&](const Matrix& item) { return item.name == matrix.name; });
    run_.matrices.push_back(std::move(matrix));
  }

  void end(const Json& line) {
    run_.end = text(line, "reason");
    run_.message = text(line, "message");
    run_.steps = whole(line, "step", run_.steps);
    run_.seconds += line.value("timing", Json::object()).value("total", 0.0);
  }

  RunRecord& run_;
};

}  // namespace

void read_metrics(const std::filesystem::path& file, RunRecord& run) {
  using Found = formats::FileLines::Found;
  formats::FileLines lines(file);
  Reader reader(run);
  std::string line;
  for (auto found = lines.next(line); found != Found::end; found = lines.next(line)) {
    if (found == Found::too_long) {
      ++run.damaged_lines;
      continue;
    }
    try {
      reader.read(Json::parse(line));
    } catch (const Json::exception&) {
      run.damaged_lines += found == Found::unfinished ? 0 : 1;  // it is still being written
    }
  }
}

}  // namespace tandem::report
