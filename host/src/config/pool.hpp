#pragma once

#include <string>
#include <string_view>

namespace tandem::config {

/// Whether `word` says how a layer's output becomes a latent: one of the list, or "grid:K".
bool is_pool(std::string_view word);

/// What it may be: "auto", …, or "grid:K" with a whole number K above 0.
std::string pool_words();

}  // namespace tandem::config
