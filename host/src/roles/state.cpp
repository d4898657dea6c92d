#include "roles/state.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/random.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>

#include <mutex>
#include <unordered_map>

namespace tandem::roles {
namespace {

std::uint32_t name_hash(const std::string& name) {
  std::uint32_t hash = 2166136261u;
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619u;
  return hash;
}

void copy_items(const std::vector<NamedTensor>& to, const std::vector<NamedTensor>& from) {
  std::unordered_map<std::string, at::Tensor> source;
  for (const auto& item : from) source.emplace(item.name, item.tensor);
  for (const auto& item : to) {
    const auto found = source.find(item.name);
    if (found == source.end() || found->second.sizes() != item.tensor.sizes()) {
      throw Error(ErrorKind::plugin, "two encoders of one configuration differ in '" + item.name +
                                         "'; a backbone must build the same network each time");
    }
    item.tensor.copy_(found->second);
  }
}

}  // namespace

void seed_generators(std::uint64_t seed, const std::string& stage, std::uint64_t index) {
  const auto block =
      philox4x32({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                  name_hash(stage), 0},
                 {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  at::manual_seed(std::uint64_t{block[0]} << 32 | block[1]);
}

KeepRandomState::KeepRandomState() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  saved_ = generator.get_state();
}

KeepRandomState::~KeepRandomState() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  generator.set_state(saved_);
}

void copy_by_name(Stateful& to, Stateful& from) {
  at::NoGradGuard no_grad;
  const State target = state_of(to), source = state_of(from);
  copy_items(target.parameters, source.parameters);
  copy_items(target.buffers, source.buffers);
}

void to_channels_last(Stateful& object) {
  at::NoGradGuard no_grad;
  for (auto& item : state_of(object).parameters) {
    if (item.tensor.dim() == 4)
      item.tensor.set_data(item.tensor.contiguous(at::MemoryFormat::ChannelsLast));
  }
}

}  // namespace tandem::roles
