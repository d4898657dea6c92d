#pragma once

#include "embed/plugins.hpp"
#include "tandem/host/model.hpp"
#include "tandem/sdk/objective.hpp"

#include <functional>
#include <memory>
#include <string>

namespace tandem::host {

/// The online encoder, and how an objective gets others like it.
struct Encoders {
  std::shared_ptr<Encoder> online;
  std::function<std::shared_ptr<Encoder>(Init)> another;
};

/// What a layer's output becomes, where backbones come from, and whom to tell.
struct EncoderOptions {
  std::string pool;
  plugin::Catalog* catalog = nullptr;
  Log* log = nullptr;
};

/// Encoders of a model up to a layer, in the device and type of `sample` (N, …).
Encoders make_encoders(const Model& model, const Layer& layer, const EncoderOptions& options,
                       const at::Tensor& sample);

/// For latents of this width that are made elsewhere: encoders that only know it.
Encoders latents_only(std::int64_t width);

}  // namespace tandem::host
