#include "cli/option_words.hpp"

#include "tandem/base/error.hpp"

#include <boost/program_options.hpp>
#include <sstream>

namespace tandem::cli {
namespace po = boost::program_options;
namespace {

/// Values stay words: `Arguments` reads numbers from them.
po::value_semantic* semantic(const Option& option) {
  if (option.kind == Option::Kind::flag) return new po::untyped_value(true);
  if (option.may_be_repeated())
    return po::value<Strings>()->composing()->value_name(option.value_name);
  auto* const value = po::value<std::string>()->value_name(option.value_name);
  return option.fallback ? value->default_value(*option.fallback) : value;
}

po::options_description described(const std::string& title, const std::vector<Option>& options) {
  po::options_description description(title);
  for (const auto& option : options) {
    const std::string names = option.letter ? option.name + ',' + option.letter : option.name;
    description.add_options()(names.c_str(), semantic(option), option.help.c_str());
  }
  return description;
}

Strings texts(const po::variable_value& value) {
  if (const auto* one = boost::any_cast<std::string>(&value.value())) return {*one};
  return value.as<Strings>();
}

}  // namespace

std::map<std::string, Strings> read_option_words(const Strings& words,
                                                 const std::vector<Option>& options,
                                                 const std::string& positional) {
  constexpr const char* hidden = "(words)";  // to Program_options words are an option too
  auto known = described("", options);
  known.add_options()(hidden, po::value<Strings>()->composing());
  po::positional_options_description bare;
  bare.add(hidden, -1);
  po::variables_map read;
  try {
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(words).options(known).positional(bare).style(style).run(),
              read);
  } catch (const po::unknown_option& error) {
    unknown_option(error.get_option_name(), options);
  } catch (const po::error& error) {
    throw Error(ErrorKind::usage, std::string(error.what()) + "; --help shows how it is meant");
  }
  std::map<std::string, Strings> values;
  for (const auto& [name, value] : read) values[name == hidden ? positional : name] = texts(value);
  return values;
}

std::string option_help(const std::string& title, const std::vector<Option>& options) {
  std::ostringstream out;
  out << described(title, options);
  return out.str();
}

}  // namespace tandem::cli
