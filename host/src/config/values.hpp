#pragma once

#include "tandem/base/params.hpp"

#include <string>

namespace tandem::config {

/// The values that a schema's keys have in `text`, the lines of one table without its heading
/// ("lambda = 0.0039"); defaults for the others. `title` names the table and `owner` whose keys
/// they are in messages: "[objective]", "objective 'barlow_twins'". Throws Error(config) that lists
/// everything wrong with place, caret and nearest names, Error(plugin) for a schema that is itself
/// wrong.
ParamValues read_values(const std::string& text, const Schema& schema, const std::string& title,
                        const std::string& owner);

}  // namespace tandem::config
