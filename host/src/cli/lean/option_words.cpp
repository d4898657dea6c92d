#include "cli/option_words.hpp"

#include "tandem/base/error.hpp"

#include <algorithm>
#include <string_view>

namespace tandem::cli {
namespace {

[[noreturn]] void wrong(const std::string& what) {
  throw Error(ErrorKind::usage, what + "; --help shows how it is meant");
}

/// "-vq" as "-v" and "-q", all else as it is.
Strings apart(const Strings& words) {
  Strings all;
  bool bare = false;  // behind "--" nothing is an option
  for (const auto& word : words) {
    bare = bare || word == "--";
    const bool letters = !bare && word.size() > 2 && word[0] == '-' && word[1] != '-';
    if (!letters) all.push_back(word);
    for (std::size_t i = 1; letters && i < word.size(); ++i) all.push_back({'-', word[i]});
  }
  return all;
}

/// The option that a word names, "--out" or "-v".
const Option& find(std::string_view name, const std::vector<Option>& options) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const Option& option) {
    return name == "--" + option.name || (name.size() == 2 && name[1] == option.letter);
  });
  if (found == options.end()) unknown_option(std::string(name), options);
  return *found;
}

}  // namespace

std::map<std::string, Strings> read_option_words(const Strings& given,
                                                 const std::vector<Option>& options,
                                                 const std::string& positional) {
  const Strings words = apart(given);
  std::map<std::string, Strings> values;
  bool bare = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!bare && word == "--") {
      bare = true;
      continue;
    }
    if (bare || word.size() < 2 || word[0] != '-') {
      values[positional].push_back(word);
      continue;
    }
    const auto equals = word.find('=');
    const Option& option = find(word.substr(0, equals), options);
    const std::string name = "--" + option.name;
    if (values.count(option.name) > 0 && !option.may_be_repeated())
      wrong("option '" + name + "' is given twice");
    Strings& own = values[option.name];
    const bool takes_value = option.kind != Option::Kind::flag;
    if (!takes_value && equals != word.npos) wrong("option '" + name + "' takes no value");
    if (!takes_value) continue;
    if (equals == word.npos ? i + 1 == words.size() : equals + 1 == word.size())
      wrong("option '" + name + "' needs a value");
    own.push_back(equals == word.npos ? words[++i] : word.substr(equals + 1));
  }
  return values;
}

std::string option_help(const std::string& title, const std::vector<Option>& options) {
  std::string text = title + ":\n";
  for (const auto& option : options) {
    const std::string letter = option.letter ? std::string("-") + option.letter + " [ --" : "--";
    std::string line = "  " + letter + option.name + (option.letter ? " ]" : "");
    if (!option.value_name.empty()) line += ' ' + option.value_name;
    if (option.fallback) line += " (=" + *option.fallback + ")";
    line.resize(std::max<std::size_t>(line.size() + 1, 32), ' ');
    text += line + option.help + '\n';
  }
  return text;
}

}  // namespace tandem::cli
