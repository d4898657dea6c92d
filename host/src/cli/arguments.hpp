#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tandem::cli {

using Strings = std::vector<std::string>;

/// One option of a command, as its help shows it.
struct Option {
  enum class Kind : std::uint8_t { flag, text, number, real, list, numbers };

  std::string name;  ///< without dashes
  Kind kind = Kind::flag;
  std::string value_name;  ///< what the help calls its value; empty for a flag
  std::string help;
  std::optional<std::string> fallback;  ///< its value where it is not given
  char letter = 0;                      ///< its short spelling; 0: none

  bool may_be_repeated() const { return kind == Kind::list || kind == Kind::numbers; }
};

/// The options of one command: what it is called, what it does, its own options and those that
/// every command has.
class Arguments {
 public:
  /// `usage` is what follows "tandem " in the first line of the help, e.g. "train [CONFIG|PRESET]
  /// [options]".
  Arguments(std::string usage, std::string what);

  Arguments& add_flag(std::string name, std::string help);
  Arguments& add_text(std::string name, std::string value_name, std::string help,
                      std::optional<std::string> fallback = std::nullopt);
  Arguments& add_number(std::string name, std::string value_name, std::string help,
                        std::optional<std::int64_t> fallback = std::nullopt);
  Arguments& add_real(std::string name, std::string value_name, std::string help,
                      std::optional<double> fallback = std::nullopt);
  /// Options that may be repeated.
  Arguments& add_list(std::string name, std::string value_name, std::string help);
  Arguments& add_numbers(std::string name, std::string value_name, std::string help);
  /// Declares the words without a dash; at most `max` (-1: any number).
  void positional(std::string name, int max);

  /// Reads the words. False where --help was among them, and printed on stdout.
  /// Throws Error(usage) for anything wrong; an unknown option is told with the nearest ones.
  bool parse(const Strings& words);

  /// Whether it was given, or has a fallback.
  bool has(const std::string& name) const { return values_.count(name) > 0; }
  /// The value of an option, or an empty one.
  std::string text(const std::string& name) const;
  Strings list(const std::string& name) const;
  std::int64_t number(const std::string& name) const { return numbers(name).at(0); }
  std::vector<std::int64_t> numbers(const std::string& name) const;
  double real(const std::string& name) const;
  bool flag(const std::string& name) const { return has(name); }

  bool json() const { return flag("json"); }
  bool verbose() const { return flag("verbose"); }
  bool quiet() const { return flag("quiet"); }

 private:
  std::string help() const;
  std::vector<Option> all() const;
  void check(const Option& option) const;

  std::string usage_, what_;
  std::vector<Option> own_, common_;
  std::string positional_ = "words";
  int most_words_ = 0;
  std::map<std::string, Strings> values_;
};

}  // namespace tandem::cli
