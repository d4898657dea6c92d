#include "cli/arguments.hpp"

#include "cli/option_words.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/params.hpp"

#include <array>
#include <charconv>
#include <iostream>
#include <utility>

namespace tandem::cli {
namespace {

/// False where the text is no such value, or has more behind it.
template <class Value>
bool read(const std::string& text, Value& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

std::string text_of(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

}  // namespace

Arguments::Arguments(std::string usage, std::string what)
    : usage_(std::move(usage)), what_(std::move(what)) {
  using Kind = Option::Kind;
  common_ = {{"plugin", Kind::list, "FILE", "also use this plugin; may be repeated", {}},
             {"plugin-path",
              Kind::list,
              "DIR",
              "also use the plugins of this folder; may be repeated",
              {}},
             {"json", Kind::flag, "", "results for machines, on stdout", {}},
             {"verbose", Kind::flag, "", "more messages", {}, 'v'},
             {"quiet", Kind::flag, "", "no progress, no messages but warnings", {}, 'q'},
             {"help", Kind::flag, "", "this help", {}, 'h'}};
}

Arguments& Arguments::add_flag(std::string name, std::string help) {
  own_.push_back({std::move(name), Option::Kind::flag, "", std::move(help), {}});
  return *this;
}

Arguments& Arguments::add_text(std::string name, std::string value_name, std::string help,
                               std::optional<std::string> fallback) {
  own_.push_back({std::move(name), Option::Kind::text, std::move(value_name), std::move(help),
                  std::move(fallback)});
  return *this;
}

Arguments& Arguments::add_number(std::string name, std::string value_name, std::string help,
                                 std::optional<std::int64_t> fallback) {
  own_.push_back(
      {std::move(name), Option::Kind::number, std::move(value_name), std::move(help), {}});
  if (fallback) own_.back().fallback = std::to_string(*fallback);
  return *this;
}

Arguments& Arguments::add_real(std::string name, std::string value_name, std::string help,
                               std::optional<double> fallback) {
  own_.push_back({std::move(name), Option::Kind::real, std::move(value_name), std::move(help), {}});
  if (fallback) own_.back().fallback = text_of(*fallback);
  return *this;
}

Arguments& Arguments::add_list(std::string name, std::string value_name, std::string help) {
  own_.push_back({std::move(name), Option::Kind::list, std::move(value_name), std::move(help), {}});
  return *this;
}

Arguments& Arguments::add_numbers(std::string name, std::string value_name, std::string help) {
  own_.push_back(
      {std::move(name), Option::Kind::numbers, std::move(value_name), std::move(help), {}});
  return *this;
}

void Arguments::positional(std::string name, int max) {
  positional_ = std::move(name);
  most_words_ = max;
}

std::vector<Option> Arguments::all() const {
  std::vector<Option> everything = own_;
  everything.insert(everything.end(), common_.begin(), common_.end());
  return everything;
}

void Arguments::check(const Option& option) const {
  const bool real = option.kind == Option::Kind::real;
  const bool whole = option.kind == Option::Kind::number || option.kind == Option::Kind::numbers;
  for (const auto& text : list(option.name)) {
    std::int64_t integer = 0;
    double number = 0;
    if ((whole && !read(text, integer)) || (real && !read(text, number)))
      throw Error(ErrorKind::usage, "--" + option.name + " takes a " + (whole ? "whole " : "") +
                                        "number, not '" + text + "'");
  }
}

bool Arguments::parse(const Strings& words) {
  const auto options = all();
  values_ = read_option_words(words, options, positional_);
  const auto given = static_cast<int>(list(positional_).size());
  if (most_words_ >= 0 && given > most_words_)
    throw Error(ErrorKind::usage, "too many words; the command is: tandem " + usage_);
  for (const auto& option : options) {
    check(option);
    if (option.fallback && !has(option.name)) values_[option.name] = {*option.fallback};
  }
  if (!flag("help")) return true;
  std::cout << help();
  return false;
}

std::string Arguments::help() const {
  const std::string own = own_.empty() ? "" : option_help("Options", own_) + '\n';
  return "tandem " + usage_ + "\n\n" + what_ + "\n\n" + own + option_help("Everywhere", common_);
}

std::string Arguments::text(const std::string& name) const {
  const auto values = list(name);
  return values.empty() ? "" : values.front();
}

Strings Arguments::list(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? Strings{} : found->second;
}

std::vector<std::int64_t> Arguments::numbers(const std::string& name) const {
  std::vector<std::int64_t> numbers;
  for (const auto& text : list(name)) read(text, numbers.emplace_back());
  return numbers;
}

double Arguments::real(const std::string& name) const {
  double value = 0;
  read(text(name), value);
  return value;
}

void unknown_option(const std::string& given, const std::vector<Option>& options) {
  Strings names;
  for (const auto& option : options) names.push_back("--" + option.name);
  std::string message = "unknown option '" + given + "'";
  const auto close = nearest(given, names);
  for (std::size_t i = 0; i < close.size(); ++i)
    message += (i == 0 ? "; did you mean " : ", ") + close[i];
  throw Error(ErrorKind::usage, message + (close.empty() ? "; --help lists the options" : "?"));
}

}  // namespace tandem::cli
