#pragma once

#include "bench/decoding.hpp"
#include "bench/operations.hpp"
#include "bench/throughput.hpp"
#include "bench/waiting.hpp"
#include "formats/json_lines.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tandem::cli {

/// All that `bench data` measures.
struct DataBench {
  std::vector<bench::OperationCost> operations;
  std::optional<bench::DecodingCost> decoding;  ///< where the pictures are JPEG files
  bench::Throughput throughput;
  bench::Scaling scaling;
  bench::LoaderMemory memory;
  std::optional<bench::Waiting> waiting;
};

/// The processor, its instruction set, and how busy the machine is.
std::string machine_line();
/// "1.94 (at least 1.90)": of `a` over `b`, round by round.
std::string ratio_text(const std::vector<double>& a, const std::vector<double>& b);
/// "1.23 s"
std::string short_seconds(double seconds);
/// The median and every round of one side, and the same of a ratio.
formats::Json side_json(const std::vector<double>& values);
formats::Json ratio_json(const std::vector<double>& a, const std::vector<double>& b);

std::string to_text(const DataBench& bench);
/// The same; the rounds of each side as they were measured.
formats::Json to_json(const DataBench& bench);

}  // namespace tandem::cli
