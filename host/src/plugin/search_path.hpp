#pragma once

#include "plugin/catalog.hpp"

#include <string_view>

namespace tandem::plugin {

/// Adds the folders of the environment's TANDEM_PLUGIN_PATH, with ':' between them. One that
/// depends on where the program is started would let a downloaded directory bring code along, and
/// so would an empty entry, were it the current folder as in PATH: that one counts for nothing, and
/// a relative one throws Error(plugin). `other_way` is what its remedy names: "give it with
/// --plugin-path".
void add_search_path(Catalog& catalog, std::string_view other_way);

}  // namespace tandem::plugin
