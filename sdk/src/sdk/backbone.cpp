#include "tandem/sdk/backbone.hpp"

#include "tandem/base/error.hpp"

namespace tandem {

Backbone::~Backbone() = default;
BackboneFactory::~BackboneFactory() = default;

void unknown_tap(std::string_view backbone, std::string_view tap,
                 const std::vector<std::string>& layers) {
  std::string message = Log::join("backbone '", backbone, "' has no layer '", tap, "'");
  const auto close = nearest(tap, layers);
  const auto& shown = close.empty() ? layers : close;
  message += close.empty() ? "; its layers are " : "; did you mean ";
  for (std::size_t i = 0; i < shown.size() && i < 12; ++i) {
    message += (i == 0 ? "'" : ", '") + shown[i] + "'";
  }
  if (shown.size() > 12) message += ", …";
  throw Error(ErrorKind::config, message + (close.empty() ? "" : "?"));
}

}  // namespace tandem
