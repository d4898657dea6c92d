#include "cli/control_groups.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

namespace tandem::cli {
namespace {

namespace fs = std::filesystem;
using Limit = std::optional<double>;
using Read = Limit (*)(const fs::path& group);

Limit least(Limit a, Limit b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

/// "150000 100000": microseconds in each period; "max 100000" and -1 are no limit.
Limit share_of(std::istream& quota, std::istream& period) {
  double time = 0, of = 0;
  if (!(quota >> time) || !(period >> of) || time <= 0 || of <= 0) return std::nullopt;
  return time / of;
}

Limit time_of_version_2(const fs::path& group) {
  std::ifstream file(group / "cpu.max");
  return share_of(file, file);
}

Limit time_of_version_1(const fs::path& group) {
  std::ifstream quota(group / "cpu.cfs_quota_us"), period(group / "cpu.cfs_period_us");
  return share_of(quota, period);
}

Limit bytes_in(const fs::path& path) {
  constexpr double unlimited = 1e18;  // version 1 has a number for it, near 2^63
  std::ifstream file(path);
  double bytes = 0;
  return file >> bytes && bytes < unlimited ? Limit(bytes) : std::nullopt;
}

Limit memory_of_version_2(const fs::path& group) {
  return bytes_in(group / "memory.max");
}

Limit memory_of_version_1(const fs::path& group) {
  return bytes_in(group / "memory.limit_in_bytes");
}

/// Of a group and of all above it, down to where they are mounted.
Limit least_above(const fs::path& mount, const std::string& group, Read read) {
  Limit limit = read(mount);
  fs::path folder = mount;
  for (const auto& part : fs::path(group).relative_path()) {
    folder /= part;
    limit = least(limit, read(folder));
  }
  return limit;
}

/// Whether a list of version 1's controllers, "cpu,cpuacct", has one.
bool lists(const std::string& controllers, const std::string& one) {
  return ("," + controllers + ",").find("," + one + ",") != std::string::npos;
}

/// A line is "0::/a/b" of version 2, "4:cpu,cpuacct:/a/b" of version 1.
Limit limit_of(const ControlGroups& groups, const std::string& controller, Read version_1,
               Read version_2) {
  std::ifstream lines(groups.membership);
  Limit limit;
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty())
      limit = least(limit, least_above(groups.mount, group, version_2));
    else if (lists(controllers, controller))
      limit = least(limit, least_above(groups.mount / controllers, group, version_1));
  }
  return limit;
}

}  // namespace

std::optional<double> processor_quota(const ControlGroups& groups) {
  return limit_of(groups, "cpu", time_of_version_1, time_of_version_2);
}

std::optional<double> memory_limit(const ControlGroups& groups) {
  return limit_of(groups, "memory", memory_of_version_1, memory_of_version_2);
}

int threads_for(int processors, std::optional<double> quota) {
  if (!quota) return processors;
  return std::clamp(static_cast<int>(std::ceil(*quota)), 1, processors);
}

}  // namespace tandem::cli
