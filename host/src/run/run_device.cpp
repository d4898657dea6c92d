#include "run/run_device.hpp"

#include "tandem/base/error.hpp"
#include "train/device.hpp"

#include <string>

namespace tandem::run {

at::Device device_of(const config::Config& config, int local_rank, int ranks) {
  const auto device = train::choose_device(config.run.device, local_rank);
  if (device.is_cpu()) return device;
  const auto only_on_cpu = [&](const std::string& what) {
    throw Error(ErrorKind::resource, what + " works on the CPU alone so far, not on " +
                                         device.str() +
                                         ": set run.device = \"cpu\", or train "
                                         "without");
  };
  // They would go wrong silently: its kernels, its autocast, its random states are the CPU's.
  if (ranks > 1) only_on_cpu("BatchNorm over several ranks");
  if (config.run.precision == "bfloat16") only_on_cpu("run.precision = \"bfloat16\"");
  if (config.train.accumulate > 1) only_on_cpu("train.accumulate");
  return device;
}

}  // namespace tandem::run
