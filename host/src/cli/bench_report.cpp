#include "cli/bench_report.hpp"

#include "bench/machine.hpp"
#include "bench/statistics.hpp"
#include "report/text_table.hpp"
#include "tandem/base/log.hpp"

#include <cmath>
#include <cstdio>

namespace tandem::cli {
namespace {

using bench::median;

std::string number(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string size_text(const data::Shape& shape) {
  return Log::join(shape.width, "x", shape.height, "x", shape.channels);
}

std::string operations_table(const std::vector<bench::OperationCost>& operations) {
  report::TextTable table(
      {"one thread", "result", "us a picture", "ns a value", "copies", "bound by"});
  for (const auto& cost : operations) {
    table.add({cost.name, size_text(cost.shape), number(median(cost.micro), 1),
               number(cost.nanoseconds_per_value(), 2), number(cost.copies(), 1), cost.bound()});
  }
  return table.text();
}

std::string decoding_lines(const bench::DecodingCost& cost) {
  return Log::join("JPEG decoding, ", number(cost.bytes, 0),
                   " bytes a file: ", number(median(cost.micro), 1), " us, OpenCV ",
                   number(median(cost.opencv), 1), " us: ", ratio_text(cost.opencv, cost.micro),
                   " times as fast\n");
}

std::string loader_lines(const DataBench& bench) {
  const auto& memory = bench.memory;
  const auto megabytes = [](double bytes) { return number(bytes / 1e6, 0) + " MB"; };
  return Log::join("pictures a second, from the source to all views: ",
                   number(median(bench.throughput.one_thread), 0), " with one thread, ",
                   number(median(bench.throughput.two_threads), 0), " with two\n",
                   "one process of two threads against two of one: ",
                   ratio_text(bench.scaling.threads, bench.scaling.processes), "\n", "loader of ",
                   memory.slots, " batches of ", memory.batch, " with ", memory.threads,
                   " threads: ", megabytes(memory.growth), " for ", megabytes(memory.slot_bytes),
                   " of batches; 1.2 times and 64 MB are ", megabytes(memory.bound()), "\n");
}

std::string waiting_line(const bench::Waiting& waiting) {
  return Log::join("training waits for data ", number(100 * waiting.share(), 2),
                   " % of its time, in ", waiting.step.size(), " steps of ", waiting.batch,
                   " pictures, ", number(1e3 * median(waiting.step), 1), " ms each\n");
}

formats::Json operations_json(const std::vector<bench::OperationCost>& operations) {
  auto list = formats::Json::array();
  for (const auto& cost : operations) {
    list.push_back({{"name", cost.name},
                    {"width", cost.shape.width},
                    {"height", cost.shape.height},
                    {"channels", cost.shape.channels},
                    {"micro", side_json(cost.micro)},
                    {"copies", cost.copies()},
                    {"bound", cost.bound()}});
  }
  return list;
}

}  // namespace

std::string machine_line() {
  return Log::join(bench::processor(), ", pixel loops for ", bench::instruction_set(), ", load ",
                   number(bench::load(), 2), "\n");
}

std::string ratio_text(const std::vector<double>& a, const std::vector<double>& b) {
  const auto ratios = bench::ratios(a, b);
  const double least = bench::median_at_least(ratios);
  return number(median(ratios), 2) +
         (std::isnan(least) ? "" : " (at least " + number(least, 2) + ")");
}

std::string short_seconds(double seconds) {
  return number(seconds, 2) + " s";
}

formats::Json side_json(const std::vector<double>& values) {
  return {{"median", median(values)}, {"rounds", values}};
}

formats::Json ratio_json(const std::vector<double>& a, const std::vector<double>& b) {
  const auto ratios = bench::ratios(a, b);
  return {{"median", formats::json_number(median(ratios))},
          {"at_least", formats::json_number(bench::median_at_least(ratios))}};
}

std::string to_text(const DataBench& bench) {
  return machine_line() + "\n" + operations_table(bench.operations) + "\n" +
         (bench.decoding ? decoding_lines(*bench.decoding) : "") + loader_lines(bench) +
         (bench.waiting ? waiting_line(*bench.waiting) : "");
}

formats::Json to_json(const DataBench& bench) {
  formats::Json json = {{"processor", bench::processor()},
                        {"instruction_set", bench::instruction_set()},
                        {"load", bench::load()},
                        {"operations", operations_json(bench.operations)},
                        {"pictures_a_second",
                         {{"one_thread", side_json(bench.throughput.one_thread)},
                          {"two_threads", side_json(bench.throughput.two_threads)}}},
                        {"scaling",
                         {{"one_process_two_threads", side_json(bench.scaling.threads)},
                          {"two_processes_one_thread", side_json(bench.scaling.processes)},
                          {"ratio", ratio_json(bench.scaling.threads, bench.scaling.processes)}}},
                        {"loader_memory",
                         {{"slots", bench.memory.slots},
                          {"batch", bench.memory.batch},
                          {"threads", bench.memory.threads},
                          {"slot_bytes", bench.memory.slot_bytes},
                          {"growth_bytes", bench.memory.growth},
                          {"bound_bytes", bench.memory.bound()}}}};
  if (bench.decoding) {
    json["jpeg_decoding"] = {{"files", bench.decoding->pictures},
                             {"bytes", bench.decoding->bytes},
                             {"micro", side_json(bench.decoding->micro)},
                             {"opencv_micro", side_json(bench.decoding->opencv)},
                             {"ratio", ratio_json(bench.decoding->opencv, bench.decoding->micro)}};
  }
  if (bench.waiting) {
    json["waiting"] = {{"share", bench.waiting->share()},
                       {"batch", bench.waiting->batch},
                       {"step_seconds", side_json(bench.waiting->step)}};
  }
  return json;
}

}  // namespace tandem::cli
