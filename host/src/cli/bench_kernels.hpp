#pragma once

#include "bench/roofline.hpp"
#include "cli/arguments.hpp"
#include "formats/json_lines.hpp"
#include "run/configuration.hpp"
#include "tandem/base/log.hpp"

#include <string>
#include <vector>

/// What `bench roofline` and `bench step` have in common.
namespace tandem::cli {

/// --rounds and --seconds; those of a configuration without its folder.
void add_kernel_options(Arguments& arguments, std::int64_t rounds);
/// Throws Error(usage) for what makes no sense; `least` may be 0 seconds of a kernel.
bench::KernelEffort kernel_effort(const Arguments& arguments, bool none_may_be);

/// The configuration that is given, with synthetic pictures where it names none, the precision that
/// "auto" means, and as many LibTorch threads as it says.
run::Prepared prepare_bench(const Arguments& arguments, plugin::Catalog& catalog, Log& log);

/// "barlow_twins on resnet18, batch 256, float32, 2 threads, ATen for AVX2".
std::string subject_line(const config::Config& config);
/// Each kernel's count, arithmetic, rate and share of all kernels' time.
std::string kernels_table(const std::vector<bench::KernelCost>& kernels);
formats::Json kernels_json(const std::vector<bench::KernelCost>& kernels);
/// Processor, load, threads and what is measured.
formats::Json subject_json(const config::Config& config);

}  // namespace tandem::cli
