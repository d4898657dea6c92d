#pragma once

#include <optional>
#include <string>

namespace tandem::config {

/// What another value of a key means for a run that goes on.
enum class KeyClass {
  identity,  ///< it would be another training
  free,      ///< the same training, watched, fed or saved in another way
};

/// Of a host's own key, e.g. "train", "epochs"; nothing for a key that nobody classed, which a test
/// does not let pass. Every key of a plugin, of [[view]], [optimizer] and [schedule], and every
/// `use`, is part of the training's identity.
std::optional<KeyClass> key_class(const std::string& section, const std::string& key);

}  // namespace tandem::config
