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

std::string to_text(const DataBench& bench);
/// The same; the rounds of each side as they were measured.
formats::Json to_json(const DataBench& bench);

}  // namespace tandem::cli
