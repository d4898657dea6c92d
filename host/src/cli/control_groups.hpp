#pragma once

#include <filesystem>
#include <optional>

/// What Linux's control groups, and so containers and batch systems, leave to this process.
namespace tandem::cli {

/// Where they are mounted, and what says to which ones the process belongs.
struct ControlGroups {
  std::filesystem::path mount = "/sys/fs/cgroup";
  std::filesystem::path membership = "/proc/self/cgroup";
};

/// How many processors' time, e.g. 1.5: the least of its group's and of all above it (cpu.max of
/// version 2, cpu.cfs_quota_us of version 1). Nothing where there is no limit. Groups that a
/// container does not see are passed over.
std::optional<double> processor_quota(const ControlGroups& groups = {});
/// Bytes of memory, likewise (memory.max, memory.limit_in_bytes).
std::optional<double> memory_limit(const ControlGroups& groups = {});

/// Threads for so many processors and such a quota, which is rounded up: what is left of a
/// processor is worth a thread.
int threads_for(int processors, std::optional<double> quota);

}  // namespace tandem::cli
