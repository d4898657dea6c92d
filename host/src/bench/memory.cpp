#include "bench/memory.hpp"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace tandem::bench {

double bytes_in(const char* file, const std::string& name) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + ":")) return 1024 * std::strtod(&line[name.size() + 1], nullptr);
  }
  return 0;
}

double resident_bytes() {
  return bytes_in("/proc/self/status", "VmRSS");
}

double peak_resident_bytes() {
  return bytes_in("/proc/self/status", "VmHWM");
}

void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

struct TensorBytes::Counter final : c10::MemoryReportingInfoBase {
  void reportMemoryUsage(void*, std::int64_t bytes, std::size_t, std::size_t,
                         c10::Device) override {
    held += static_cast<double>(bytes);
    peak = std::max(peak, held);
    if (bytes > 0) allocated += static_cast<double>(bytes);
  }
  bool memoryProfilingEnabled() const override { return true; }

  double held = 0, peak = 0, allocated = 0;
};

class TensorBytes::Guard : public c10::DebugInfoGuard {
  using DebugInfoGuard::DebugInfoGuard;
};

TensorBytes::TensorBytes()
    : counter_(std::make_shared<Counter>()),
      guard_(std::make_unique<Guard>(c10::DebugInfoKind::PROFILER_STATE, counter_)) {}

TensorBytes::~TensorBytes() = default;

double TensorBytes::peak() const {
  return counter_->peak;
}
double TensorBytes::allocated() const {
  return counter_->allocated;
}

}  // namespace tandem::bench
