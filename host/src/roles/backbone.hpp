#pragma once

#include "plugin/catalog.hpp"
#include "tandem/sdk/backbone.hpp"

#include <memory>

namespace tandem::roles {

/// Makes a backbone whose every call is guarded. The values are checked ones of the factory's
/// schema. It is `Exportable` where the plugin's is.
std::unique_ptr<Backbone> make_backbone(const plugin::Found<BackboneFactory>& found,
                                        const ParamValues& values, const BackboneContext& context);

}  // namespace tandem::roles
