#include "roles/pooling.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <ATen/ops/adaptive_avg_pool2d.h>

#include <charconv>

namespace tandem::roles {

Pooling::Pooling(std::string_view word) : word_(word) {
  constexpr std::string_view grid = "grid:";
  if (word == "auto" || word == "avg") return;
  if (word == "flatten" || word == "cls" || word == "mean_tokens") {
    kind_ = word == "flatten" ? Kind::flatten
            : word == "cls"   ? Kind::first_token
                              : Kind::mean_tokens;
    return;
  }
  if (word.substr(0, grid.size()) == grid) {
    kind_ = Kind::grid;
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data() + grid.size(), end, cells_);
    if (error == std::errc() && stop == end && cells_ >= 1) return;
  }
  throw Error(ErrorKind::config,
              Log::join("backbone.pool: '", word,
                        "' is none of auto, avg, flatten, grid:K (K a whole number from 1), cls, "
                        "mean_tokens"));
}

at::Tensor Pooling::grid(const at::Tensor& map) const {
  if (map.size(2) < cells_ || map.size(3) < cells_) {
    throw Error(ErrorKind::config,
                Log::join("backbone.pool = \"grid:", cells_,
                          "\" needs a map of that size, but the tapped layer gives ", map.size(2),
                          " × ", map.size(3), "; set backbone.tap to an earlier layer"));
  }
  return at::adaptive_avg_pool2d(map, {cells_, cells_}).flatten(1);
}

at::Tensor Pooling::tokens(const at::Tensor& output) const {
  if (output.dim() == 3) return kind_ == Kind::first_token ? output.select(1, 0) : output.mean(1);
  throw Error(ErrorKind::config,
              Log::join("backbone.pool = \"", word_,
                        "\" needs tokens (N, T, F), but the tapped layer gives ", output.sizes(),
                        "; use \"avg\", or set backbone.tap to a layer of tokens"));
}

at::Tensor Pooling::operator()(const at::Tensor& output) const {
  if (kind_ == Kind::first_token || kind_ == Kind::mean_tokens) return tokens(output);
  if (kind_ == Kind::flatten || output.dim() == 2) return output.flatten(1);
  if (output.dim() == 4) return kind_ == Kind::grid ? grid(output) : output.mean({2, 3});
  if (output.dim() == 3 && kind_ == Kind::average) return output.mean(1);
  throw Error(ErrorKind::config, Log::join("backbone.pool = \"", word_,
                                           "\" cannot pool the tapped layer's output of shape ",
                                           output.sizes(), "; use \"flatten\""));
}

}  // namespace tandem::roles
