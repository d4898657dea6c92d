#include "train/encoding.hpp"

#include "roles/state.hpp"
#include "tandem/base/error.hpp"
#include "train/batch_norm.hpp"
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

/// One view's rows of what so many views have.
Latents view_of(const Latents& all, std::size_t view, std::size_t views) {
  const auto rows = [&](const at::Tensor& tensor) {
    if (!tensor.defined() || views == 1) return tensor;
    const std::int64_t count = tensor.size(0) / static_cast<std::int64_t>(views);
    return tensor.narrow(0, static_cast<std::int64_t>(view) * count, count);
  };
  return {rows(all.online), rows(all.target)};
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

Encoding::Encoding(const EncodingParts& parts) : parts_(parts) {
  if (parts.together)
    passes_ = groups_of(parts.views, parts.contexts, /*joint=*/true);
  else
    passes_.assign(parts.groups.begin(), parts.groups.end());
}

const std::vector<Latents>& Encoding::forward() {
  latents_.clear();
  random_.clear();
  for (const Group& group : passes_) latents_.push_back(encode(group));
  if (!parts_.together) return latents_;
  part_views();
  return of_views_;
}

void Encoding::part_views() {
  of_views_.assign(parts_.views.size(), {});
  for (std::size_t p = 0; p < passes_.size(); ++p) {
    const Group& views = passes_[p];
    for (std::size_t k = 0; k < views.size(); ++k)
      of_views_[views[k]] = view_of(latents_[p], k, views.size());
  }
}

Latents Encoding::pass(const Group& group, std::int64_t chunk, const ViewContext& context) const {
  const Bfloat16 narrow(parts_.bfloat16);
  const BatchNormOfViews batch_norm(parts_.together ? group.size() : 1);
  return parts_.objective.encode(batch(group, chunk), context);
}

Latents Encoding::encode(const Group& group) {
  if (parts_.chunks == 1) return pass(group, 0, context(group));
  Latents latents = encode_in_chunks(group);
  if (latents.online.defined()) latents.online.requires_grad_();
  return latents;
}

Latents Encoding::encode_in_chunks(const Group& group) {
  const at::NoGradGuard no_grad;
  std::vector<Latents> chunks;
  for (std::int64_t c = 0; c < parts_.chunks; ++c) {
    random_.push_back(random_state());
    chunks.push_back(pass(group, c, context(group)));
  }
  const auto views = static_cast<std::int64_t>(group.size());
  return {joined(chunks, &Latents::online, views), joined(chunks, &Latents::target, views)};
}

void Encoding::backward() {
  if (parts_.chunks == 1) return;
  const roles::KeepRandomState keep;
  for (std::size_t pass = 0; pass < latents_.size(); ++pass)
    for (std::int64_t chunk = 0; chunk < parts_.chunks; ++chunk) encode_again(pass, chunk);
}

void Encoding::encode_again(std::size_t pass_number, std::int64_t chunk) {
  const at::Tensor& whole = latents_[pass_number].online;
  if (!whole.defined() || !whole.grad().defined()) return;
  const Group& views = passes_[pass_number];
  ViewContext without_target = context(views);
  without_target.needs_target = false;
  set_random_state(random_[pass_number * static_cast<std::size_t>(parts_.chunks) +
                           static_cast<std::size_t>(chunk)]);
  const auto online = pass(views, chunk, without_target).online;
  const auto rows = [&](const at::Tensor& tensor) {
    return chunk_of(tensor, static_cast<std::int64_t>(views.size()), chunk, parts_.chunks);
  };
  require_same(online, rows(whole.detach()));
  if (online.requires_grad()) online.backward(rows(whole.grad()));
}

}  // namespace tandem::train
