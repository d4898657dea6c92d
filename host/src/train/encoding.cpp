#include "train/encoding.hpp"

#include "roles/state.hpp"
#include "tandem/base/error.hpp"
#include "train/precision.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <algorithm>
#include <mutex>

namespace tandem::train {
namespace {

at::Tensor random_state() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  return generator.get_state();
}

void set_random_state(const at::Tensor& state) {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  generator.set_state(state);
}

/// Chunks of `views` views each → the whole, view after view.
at::Tensor joined(const std::vector<Latents>& chunks, at::Tensor Latents::*which,
                  std::int64_t views) {
  std::vector<at::Tensor> parts;
  for (const Latents& chunk : chunks) {
    if (!(chunk.*which).defined()) return {};
    parts.push_back((chunk.*which).unflatten(0, {views, -1}));
  }
  return at::cat(parts, 1).flatten(0, 1);
}

/// The rows of one chunk of the whole, view after view.
at::Tensor chunk_of(const at::Tensor& whole, std::int64_t views, std::int64_t chunk,
                    std::int64_t chunks) {
  const std::int64_t rows = whole.size(0) / views / chunks;
  return whole.unflatten(0, {views, -1}).narrow(1, chunk * rows, rows).flatten(0, 1);
}

/// Rounding may differ with and without a graph; anything else is no function of its arguments, and
/// its gradient would be another's.
void require_same(const at::Tensor& again, const at::Tensor& before) {
  const at::NoGradGuard no_grad;
  const bool fits = again.defined() && again.sizes() == before.sizes();
  const auto length = [](const at::Tensor& tensor) {
    return at::linalg_vector_norm(tensor.to(at::kDouble)).item<double>();
  };
  if (fits && length(again.detach() - before) <= 0.01 * length(before)) return;
  throw Error(ErrorKind::plugin,
              "train.accumulate needs an objective whose 'encode' gives the same online latents "
              "each time, with a target and without: here it gave others; set train.accumulate = "
              "1");
}

}  // namespace

std::vector<Group> groups_of(std::span<const at::Tensor> views,
                             const std::vector<ViewContext>& contexts, bool joint) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < views.size(); ++i) {
    const auto fits = [&](const Group& group) {
      const std::size_t j = group.front();
      return views[i].sizes() == views[j].sizes() && contexts[i].role == contexts[j].role &&
             contexts[i].needs_target == contexts[j].needs_target;
    };
    const auto found = joint ? std::find_if(groups.begin(), groups.end(), fits) : groups.end();
    if (found == groups.end())
      groups.push_back({i});
    else
      found->push_back(i);
  }
  return groups;
}

at::Tensor Encoding::batch(const Group& group, std::int64_t chunk) const {
  std::vector<at::Tensor> parts;
  for (const std::size_t i : group)
    parts.push_back(chunk_of(parts_.views[i], 1, chunk, parts_.chunks));
  return parts.size() == 1 ? parts.front() : at::cat(parts);
}

const std::vector<Latents>& Encoding::forward() {
  latents_.clear();
  random_.clear();
  for (const Group& group : parts_.groups) latents_.push_back(encode(group));
  return latents_;
}

Latents Encoding::pass(const at::Tensor& batch, const ViewContext& context) const {
  const Bfloat16 narrow(parts_.bfloat16);
  return parts_.objective.encode(batch, context);
}

Latents Encoding::encode(const Group& group) {
  if (parts_.chunks == 1) return pass(batch(group, 0), context(group));
  Latents latents = encode_in_chunks(group);
  if (latents.online.defined()) latents.online.requires_grad_();
  return latents;
}

Latents Encoding::encode_in_chunks(const Group& group) {
  const at::NoGradGuard no_grad;
  std::vector<Latents> chunks;
  for (std::int64_t c = 0; c < parts_.chunks; ++c) {
    random_.push_back(random_state());
    chunks.push_back(pass(batch(group, c), context(group)));
  }
  const auto views = static_cast<std::int64_t>(group.size());
  return {joined(chunks, &Latents::online, views), joined(chunks, &Latents::target, views)};
}

void Encoding::backward() {
  if (parts_.chunks == 1) return;
  const roles::KeepRandomState keep;
  for (std::size_t group = 0; group < latents_.size(); ++group)
    for (std::int64_t chunk = 0; chunk < parts_.chunks; ++chunk) encode_again(group, chunk);
}

void Encoding::encode_again(std::size_t group, std::int64_t chunk) {
  const at::Tensor& whole = latents_[group].online;
  if (!whole.defined() || !whole.grad().defined()) return;
  const Group& views = parts_.groups[group];
  ViewContext without_target = context(views);
  without_target.needs_target = false;
  set_random_state(
      random_[group * static_cast<std::size_t>(parts_.chunks) + static_cast<std::size_t>(chunk)]);
  const auto online = pass(batch(views, chunk), without_target).online;
  const auto rows = [&](const at::Tensor& tensor) {
    return chunk_of(tensor, static_cast<std::int64_t>(views.size()), chunk, parts_.chunks);
  };
  require_same(online, rows(whole.detach()));
  if (online.requires_grad()) online.backward(rows(whole.grad()));
}

}  // namespace tandem::train
