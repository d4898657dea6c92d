#include "config/path.hpp"

#include <algorithm>

namespace tandem::config {
namespace {

constexpr std::size_t most_digits = 6;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-';
}

bool take(char c, std::string_view& rest) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

std::string take_all(bool (*belongs)(char), std::string_view& rest) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), belongs);
  std::string word(rest.begin(), end);
  rest.remove_prefix(word.size());
  return word;
}

bool take_index(std::string_view& rest, Step& step) {
  const std::string digits = take_all(is_digit, rest);
  if (digits.empty() || digits.size() > most_digits) return false;
  step.index = std::stoul(digits);
  return take(']', rest);
}

bool take_key(std::string_view& rest, Step& step) {
  step.key = take_all(is_key_character, rest);
  return !step.key.empty();
}

}  // namespace

std::vector<Step> parse_path(std::string_view path) {
  std::vector<Step> steps;
  std::string_view rest = path;
  do {
    Step step;
    const bool index = !steps.empty() && take('[', rest);
    if (!index && !steps.empty() && !take('.', rest)) return {};
    step.column = static_cast<int>(path.size() - rest.size()) + 1;
    if (!(index ? take_index(rest, step) : take_key(rest, step))) return {};
    steps.push_back(std::move(step));
  } while (!rest.empty());
  return steps;
}

}  // namespace tandem::config
