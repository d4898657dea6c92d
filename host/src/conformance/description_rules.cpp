#include "config/characters.hpp"
#include "config/config.hpp"
#include "config/describe.hpp"
#include "conformance/child.hpp"
#include "conformance/rules.hpp"
#include "plugin/stamp.hpp"

#include <algorithm>

namespace tandem::conformance {
namespace {

using plugin::text;

template <std::size_t N>
void require_line(const char* what, const char (&chars)[N], bool needed) {
  const auto line = text(chars);
  expect(!needed || !line.empty(), "its ", what, " is empty");
  expect(config::is_utf8(line), "its ", what, " is not UTF-8");
  const auto characters = config::characters_of(line);
  expect(std::none_of(characters.begin(), characters.end(), config::is_control), "its ", what,
         " is more than one line of text");
}

void documentation(const Subject& subject) {
  require_line("description", subject.stamp.doc, true);
  require_line("version", subject.stamp.version, true);
  require_line("licence", subject.stamp.license, false);
  require_line("author", subject.stamp.author, false);
}

void schema(const Subject& subject) {
  config::check_schema(subject.factory().schema(), "it");
}

std::string description_of(const Subject& subject) {
  return config::describe(subject.factory().schema());
}

std::string first_difference(const std::string& a, const std::string& b) {
  const auto at = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
  const auto begin = a.rfind('\n', static_cast<std::size_t>(at - a.begin()));
  const auto from = begin == std::string::npos ? 0 : begin + 1;
  const auto line = [from](const std::string& text) {
    return text.substr(from, text.find('\n', from) - from);
  };
  return "once '" + line(a) + "', once '" + line(b) + "'";
}

void same(const Subject& subject) {
  Child other([&] { return description_of(subject); });
  other.wait();
  const auto there = other.report();
  expect(there.has_value(), "a process that opened it ended with ", ending(other.status()));
  auto here = description_of(subject);
  here.resize(std::min(here.size(), there->size()));
  expect(here == *there,
         "it describes itself differently in two processes: ", first_difference(here, *there));
}

constexpr Rule rules[] = {
    {"description", "says_what_it_is", "it says in a line each what it is and which version",
     whole_file, documentation, "file.fits_this_host"},
    {"description", "parameters_are_legal",
     "its parameters are declared well, each default within its range", every_role, schema,
     "file.registers_its_stamp"},
    {"description", "same_in_every_process",
     "it describes its parameters the same in every process", every_role, same,
     "file.registers_its_stamp"},
};

}  // namespace

std::span<const Rule> description_rules() {
  return rules;
}

}  // namespace tandem::conformance
