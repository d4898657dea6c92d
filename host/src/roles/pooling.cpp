#include "roles/pooling.hpp"

#include "config/pool.hpp"
#include "tandem/base/error.hpp"

#include <ATen/ops/adaptive_avg_pool2d.h>

#include <charconv>

namespace tandem::roles {

Pooling::Pooling(std::string_view word) : word_(word) {
  if (!config::is_pool(word))
    throw Error(ErrorKind::config,
                Log::join("pool: must be ", config::pool_words(), ", is \"", word, "\""));
  constexpr std::string_view grid = "grid:";
  if (word == "flatten") kind_ = Kind::flatten;
  if (word == "cls") kind_ = Kind::first_token;
  if (word == "mean_tokens") kind_ = Kind::mean_tokens;
  if (word == "mean_length") kind_ = Kind::mean_length;
  if (word.starts_with(grid)) {
    kind_ = Kind::grid;
    std::from_chars(word.data() + grid.size(), word.data() + word.size(), cells_);
  }
}

void Pooling::refuse(const std::string& what) const {
  throw Error(ErrorKind::config,
              "pool = \"" + word_ + "\" (backbone.pool in a configuration) " + what);
}

at::Tensor Pooling::grid(const at::Tensor& map) const {
  if (map.size(2) < cells_ || map.size(3) < cells_) {
    refuse(Log::join("needs a map of that size, but the tapped layer gives ", map.size(2), " × ",
                     map.size(3), "; tap an earlier layer"));
  }
  return at::adaptive_avg_pool2d(map, {cells_, cells_}).flatten(1);
}

at::Tensor Pooling::of_three(const at::Tensor& output) const {
  if (output.dim() != 3) {
    const bool series = kind_ == Kind::mean_length;
    refuse(Log::join("needs ", series ? "a series (N, C, L)" : "tokens (N, T, F)",
                     ", but the tapped layer gives ", output.sizes(),
                     "; use \"avg\", or tap a layer of ", series ? "that shape" : "tokens"));
  }
  if (kind_ == Kind::first_token) return output.select(1, 0);
  return output.mean(kind_ == Kind::mean_length ? 2 : 1);
}

at::Tensor Pooling::operator()(const at::Tensor& output) const {
  if (output.dim() < 2)
    refuse(Log::join("cannot pool the tapped layer's output of shape ", output.sizes(),
                     "; one row a sample is expected"));
  switch (kind_) {
    case Kind::flatten:
      return output.flatten(1);
    case Kind::first_token:
    case Kind::mean_tokens:
    case Kind::mean_length:
      return of_three(output);
    default:
      break;
  }
  if (output.dim() == 2) return output;
  if (output.dim() == 4) return kind_ == Kind::grid ? grid(output) : output.mean({2, 3});
  if (output.dim() == 3 && kind_ == Kind::average) return of_three(output);
  refuse(Log::join("cannot pool the tapped layer's output of shape ", output.sizes(),
                   "; use \"flatten\""));
}

GraphValue Pooling::describe(GraphBuilder& graph, GraphValue output) const {
  const auto dimensions = graph.sizes(output).size();
  if (kind_ == Kind::flatten) return graph.flatten(output);
  if (kind_ != Kind::average && kind_ != Kind::grid) refuse("has no form in an exported graph");
  if (dimensions == 2) return output;
  if (dimensions != 4) refuse("has no form in an exported graph for tokens or series");
  const std::int64_t cells = kind_ == Kind::grid ? cells_ : 1;
  return graph.flatten(graph.adaptive_average_pool(output, {cells, cells}));
}

void Pooling::tell(const at::Tensor& output, Log& log) const {
  if (kind_ != Kind::average || output.dim() != 3) return;
  log.info("pool = \"", word_, "\": the layer's output ", output.sizes(),
           " is taken for tokens (N, T, F), and the latent is the mean of ", output.size(1),
           " tokens; for a series (N, C, L) use \"mean_length\"");
}

}  // namespace tandem::roles
