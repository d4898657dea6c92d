#include "config/pool.hpp"

#include <algorithm>

namespace tandem::config {
namespace {

constexpr std::string_view words[] = {"auto", "avg",         "flatten",
                                      "cls",  "mean_tokens", "mean_length"};

bool is_grid(std::string_view word) {
  constexpr std::string_view head = "grid:";
  if (!word.starts_with(head)) return false;
  word.remove_prefix(head.size());
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !word.empty() && word.size() <= 4 && word[0] != '0' &&
         std::all_of(word.begin(), word.end(), is_digit);
}

}  // namespace

bool is_pool(std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words) || is_grid(word);
}

std::string pool_words() {
  std::string list;
  for (const auto word : words) list += (list.empty() ? "\"" : ", \"") + std::string(word) + "\"";
  return list + " or \"grid:K\" with a whole number K above 0";
}

}  // namespace tandem::config
