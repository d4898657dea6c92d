#include "complaints.hpp"

#include "fuzz.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace fuzz {
namespace {

/// The number before the next colon; 0 where there is none.
long take_number(std::string& text) {
  char* end = nullptr;
  const long number = std::strtol(text.c_str(), &end, 10);
  if (*end != ':') return 0;
  text.erase(0, static_cast<std::size_t>(end - text.c_str()) + 1);
  return number;
}

bool has_place(std::string line, const std::string& text, const std::string& name) {
  if (!line.starts_with(name + ":")) return false;
  line.erase(0, name.size() + 1);
  const long number = take_number(line), column = take_number(line);
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  return number >= 1 && number <= lines + 1 && column >= 1 &&
         column <= static_cast<long>(text.size()) + 1 && line.starts_with(" error: ");
}

}  // namespace

void require_places(const std::string& message, const std::string& text, const std::string& name) {
  require(!message.starts_with(' '), "a message without a complaint");
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  ") || line.starts_with("and ")) continue;  // excerpt, hint, the rest
    require(has_place(line, text, name), "no place: " + line);
  }
}

}  // namespace fuzz
