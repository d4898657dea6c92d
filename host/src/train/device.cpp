#include "train/device.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <ATen/Context.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/version.h>

namespace tandem::train {
namespace {

/// In words that say which LibTorch it takes.
[[noreturn]] void refuse_cuda() {
  const bool built_for_it = c10::impl::hasDeviceGuardImpl(at::kCUDA);
  throw Error(
      ErrorKind::resource,
      Log::join("run.device is \"cuda\", but LibTorch ", TORCH_VERSION,
                built_for_it ? " finds no CUDA device here: look at its driver (nvidia-smi) and at "
                               "CUDA_VISIBLE_DEVICES"
                             : " here is built for the CPU alone: build Tandem with a LibTorch for "
                               "CUDA (from pytorch.org, one whose version ends in +cu…)",
                ", or set run.device = \"cpu\""));
}

}  // namespace

at::Device choose_device(const std::string& name, int local_rank) {
  if (name != "cuda") return at::kCPU;
  if (!at::hasCUDA()) refuse_cuda();
  const auto count = static_cast<int>(at::getNumGPUs());
  if (local_rank >= count)
    throw Error(ErrorKind::resource,
                Log::join("LOCAL_RANK ", local_rank, " needs a CUDA device of its own, but there ",
                          count == 1 ? "is " : "are ", count,
                          " on this machine: start fewer ranks here, or set run.device = \"cpu\""));
  const at::Device device(at::kCUDA, static_cast<at::DeviceIndex>(local_rank));
  c10::impl::VirtualGuardImpl(device.type()).setDevice(device);
  return device;
}

}  // namespace tandem::train
