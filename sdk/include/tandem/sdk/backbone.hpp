#pragma once

#include "tandem/base/log.hpp"
#include "tandem/base/plugin.hpp"
#include "tandem/sdk/stateful.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

/// What a backbone is made with.
struct BackboneContext {
  std::string tap;  ///< the layer whose output is wanted; "" for the backbone's own choice
  std::int64_t channels = 3;  ///< of the input
  /// backbone.trust: the configuration accepts code that comes from the backbone's files, as a
  /// TorchScript archive is. A backbone that would run such code refuses without it.
  bool trust = false;
  Log* log = nullptr;
};

/// A network cut at one layer. It resolves the tap when it is made, runs no further than the tap,
/// and refuses an unknown one with the nearest names. [one thread at a time; several objects on
/// several threads]
class TANDEM_API Backbone : public Stateful {
 public:
  ~Backbone() override;
  /// (N, C, H, W) → the tap's output: (N, F), (N, F, H', W') or (N, tokens, F).
  virtual at::Tensor forward(const at::Tensor& view) = 0;
  /// Every name that `tap` may have, outermost first.
  virtual std::vector<std::string> layers() const = 0;
};

/// Makes backbones of one id. [any thread]
class TANDEM_API BackboneFactory : public Factory {
 public:
  ~BackboneFactory() override;
  virtual std::unique_ptr<Backbone> create(const ParamValues& values,
                                           const BackboneContext& context) const = 0;
};

namespace detail {
template <class T>
class BackboneMaker final : public BackboneFactory {
 public:
  const Schema& schema() const override { return schema_; }
  std::unique_ptr<Backbone> create(const ParamValues& values,
                                   const BackboneContext& context) const override {
    return std::make_unique<T>(make_params<typename T::Params>(schema_, values), context);
  }

 private:
  Schema schema_ = schema_of<typename T::Params>();
};
}  // namespace detail

/// For TANDEM_PLUGIN: a backbone `T`, constructed from (its `T::Params`, BackboneContext).
template <class T>
consteval auto backbone(std::string_view id) {
  return Provides<Role::backbone, detail::BackboneMaker<T>>{detail::checked_id(id)};
}

/// The error for an unknown tap: names the backbone, the tap, and the nearest layers.
[[noreturn]] TANDEM_API void unknown_tap(std::string_view backbone, std::string_view tap,
                                         const std::vector<std::string>& layers);

}  // namespace tandem
