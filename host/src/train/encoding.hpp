#pragma once

#include "tandem/sdk/objective.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tandem::train {

/// The places of views that pass a network as one batch.
using Group = std::vector<std::size_t>;

/// One group a view or, `joint`, views of one size, role and target together.
std::vector<Group> groups_of(std::span<const at::Tensor> views,
                             const std::vector<ViewContext>& contexts, bool joint);

/// What an encoding needs; all of it must outlive the encoding.
struct EncodingParts {
  Objective& objective;
  const std::vector<ViewContext>& contexts;  ///< one a view
  std::span<const at::Tensor> views;         ///< (N, …) each
  std::span<const Group> groups;
  std::int64_t chunks = 1;  ///< N is a multiple of it
  bool bfloat16 = false;    ///< what `encode` computes in, see Bfloat16
  /// With a group for each view: those of one size, role and target pass the encoders as one batch
  /// all the same, with the context of the first, but with BatchNorm's statistics of their own.
  bool together = false;
};

/// The encoders' part of one step. With several chunks each passes alone and without a graph, so
/// that the latents of the whole batch cost a chunk's memory; `backward` encodes every chunk again,
/// from the same random state, and pushes the gradient of its latents through.
///
/// The gradient is that of the whole batch where an encoder treats samples alone. BatchNorm in it
/// sees a chunk. [main thread]
class Encoding {
 public:
  explicit Encoding(const EncodingParts& parts);

  /// The latents of each group: its views' rows one view after the other. Where there are several
  /// chunks `online` is a leaf, whose gradient `backward` takes.
  const std::vector<Latents>& forward();

  /// To be called after the loss's backward. Passes change BatchNorm's running values again: the
  /// caller puts them back. The random state is left as it was. Targets are not run again: the
  /// objective is told that none is needed. Throws Error(plugin) where a chunk's latents are not
  /// what they were.
  void backward();

 private:
  Latents pass(const Group& group, std::int64_t chunk, const ViewContext& context) const;
  Latents encode(const Group& group);
  Latents encode_in_chunks(const Group& group);
  void encode_again(std::size_t pass_number, std::int64_t chunk);
  void part_views();
  at::Tensor batch(const Group& group, std::int64_t chunk) const;
  const ViewContext& context(const Group& group) const { return parts_.contexts[group.front()]; }

  EncodingParts parts_;
  std::vector<Group> passes_;
  std::vector<Latents> latents_;    // one a pass
  std::vector<Latents> of_views_;   // one a view, where they pass together
  std::vector<at::Tensor> random_;  // the generator's state before each chunk of each pass
};

}  // namespace tandem::train
