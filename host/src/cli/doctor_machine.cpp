#include "bench/machine.hpp"
#include "bench/memory.hpp"
#include "cli/control_groups.hpp"
#include "cli/doctor.hpp"
#include "cli/process.hpp"
#include "formats/disk.hpp"
#include "report/text.hpp"
#include "tandem/base/log.hpp"
#include "train/precision.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>

namespace tandem::cli {
namespace {

namespace fs = std::filesystem;
using formats::human_bytes;
using formats::Json;

void add_note(Finding& finding, const std::string& remedy) {
  finding.health = Health::note;
  finding.remedy = remedy;
}

void add_problem(Finding& finding, const std::string& remedy) {
  finding.health = Health::problem;
  finding.remedy = remedy;
}

Finding processor() {
  const double load = bench::load();
  Finding finding{"processor",
                  Log::join(bench::processor(), ", pixel loops for ", bench::instruction_set(),
                            ", load ", report::fixed(load, 2)),
                  {{"name", bench::processor()},
                   {"instruction_set", bench::instruction_set()},
                   {"bfloat16", train::multiplies_bfloat16()},
                   {"load", load}}};
  if (load > processors_in_mask() + 0.5)
    add_note(finding,
             "others use the processors: training is slower, and measurements mean "
             "little");
  return finding;
}

/// Sets LibTorch's threads as `run.threads = "all"` does.
Finding threads() {
  const int mask = processors_in_mask();
  const long online = ::sysconf(_SC_NPROCESSORS_ONLN);
  const auto quota = processor_quota();
  const int used = set_threads(0);
  const std::string limit = quota ? report::fixed(*quota, 2) + " of them by control group" : "";
  Finding finding{"threads",
                  Log::join(used, ", of ", online, " processors, ", mask, " in the affinity mask",
                            limit.empty() ? "" : ", ", limit),
                  {{"used", used},
                   {"online", online},
                   {"affinity", mask},
                   {"quota", quota ? Json(*quota) : Json()}}};
  if (used < online)
    add_note(finding,
             "the rest of the machine is not this process's to use (affinity, control "
             "group)");
  return finding;
}

Finding heap() {
  const bool kept = retains_heap();
  Finding finding{"heap",
                  kept ? "freed memory is kept (TANDEM_RETAIN_HEAP=0 gives it back)"
                       : "freed memory is given back (TANDEM_RETAIN_HEAP=0)",
                  {{"retained", kept}}};
  if (!kept) add_note(finding, "a step takes about a fifth longer; unset TANDEM_RETAIN_HEAP");
  return finding;
}

Finding precision() {
  const auto choice = train::choose_precision();
  const std::string chosen = choice.bfloat16 ? "bfloat16" : "float32";
  Finding finding{"precision", "auto is " + chosen, {{"auto", chosen}}};
  if (!choice.probe) {
    finding.text += ": this processor multiplies no bfloat16";
    return finding;
  }
  const auto& probe = *choice.probe;
  finding.text += Log::join(
      ": bfloat16 is ", report::fixed(probe.gain(), 2), " times as fast as float32 (products ",
      report::fixed(probe.product_float32 / probe.product_bfloat16, 2), ", convolutions ",
      report::fixed(probe.convolution_float32 / probe.convolution_bfloat16, 2), ")");
  finding.values["gain"] = probe.gain();
  finding.values["product_seconds"] = {{"float32", probe.product_float32},
                                       {"bfloat16", probe.product_bfloat16}};
  finding.values["convolution_seconds"] = {{"float32", probe.convolution_float32},
                                           {"bfloat16", probe.convolution_bfloat16}};
  return finding;
}

std::string bytes_text(double bytes) {
  return human_bytes(static_cast<std::uint64_t>(bytes));
}

Finding memory() {
  constexpr double little = 1e9;
  const double total = bench::bytes_in("/proc/meminfo", "MemTotal");
  const double available = bench::bytes_in("/proc/meminfo", "MemAvailable");
  const auto limit = memory_limit();
  Finding finding{
      "memory",
      Log::join(bytes_text(available), " of ", bytes_text(total), " are available",
                limit && *limit < total ? ", limited to " + bytes_text(*limit) + " by control group"
                                        : ""),
      {{"total_bytes", total},
       {"available_bytes", available},
       {"limit_bytes", limit ? Json(*limit) : Json()}}};
  if (available < little || (limit && *limit < little))
    add_note(finding,
             "a ResNet-18 with 256 pictures of 32 px wants 2.5 to 4 GB; lower train.batch_size "
             "or raise train.accumulate");
  return finding;
}

/// Where a run without --out is written.
Finding disk() {
  constexpr std::uintmax_t least = 100'000'000, little = 2'000'000'000;
  std::error_code error;
  const auto runs = fs::absolute("runs", error);
  const auto folder = fs::is_directory(runs, error) ? runs : runs.parent_path();
  const auto space = fs::space(folder, error);
  Finding finding{"disk",
                  Log::join(human_bytes(space.available), " are free in ", folder.string(),
                            ", where runs go without --out"),
                  {{"folder", folder.string()}, {"free_bytes", space.available}}};
  if (::access(folder.c_str(), W_OK) != 0)
    add_problem(finding, "it may not be written to: name another folder with --out");
  else if (!error && space.available < least)
    add_problem(finding, "free some space, or name another folder with --out");
  else if (!error && space.available < little)
    add_note(finding,
             "checkpoints of a large network may not fit: tandem train --dry-run tells "
             "what one takes");
  return finding;
}

Finding open_files() {
  constexpr rlim_t least = 64, few = 256;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const bool any = limit.rlim_cur == RLIM_INFINITY;
  Finding finding{"files",
                  any ? std::string("as many open as wanted")
                      : Log::join("at most ", limit.rlim_cur, " open at a time"),
                  {{"limit", any ? Json() : Json(limit.rlim_cur)}}};
  if (limit.rlim_cur < least)
    add_problem(finding, "raise the limit: ulimit -n 1024");
  else if (limit.rlim_cur < few)
    add_note(finding, "data of many shards may need more: ulimit -n 1024");
  return finding;
}

Finding terminal() {
  const bool out = ::isatty(STDOUT_FILENO) == 1, err = ::isatty(STDERR_FILENO) == 1;
  const auto word = [](bool is) { return is ? "a terminal" : "no terminal"; };
  return {"terminal",
          Log::join("stdout is ", word(out), ", stderr ", word(err),
                    err ? ": progress is a line that is redrawn" : ": progress is plain lines"),
          {{"stdout", out}, {"stderr", err}}};
}

}  // namespace

std::vector<Finding> examine_machine() {
  return {processor(), threads(), heap(), precision(), memory(), disk(), open_files(), terminal()};
}

}  // namespace tandem::cli
