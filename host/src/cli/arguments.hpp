#pragma once

#include <boost/program_options.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace tandem::cli {

using Strings = std::vector<std::string>;

/// The options of one command: what it is called, what it does, its own options and those that
/// every command has.
class Arguments {
 public:
  /// `usage` is what follows "tandem " in the first line of the help, e.g. "train [CONFIG|PRESET]
  /// [options]".
  Arguments(std::string usage, std::string what);

  /// Starts declaring options: `add()("out", value<…>(), "…")`.
  boost::program_options::options_description_easy_init add() { return own_.add_options(); }
  /// Declares the words without a dash; at most `max` (-1: any number).
  void positional(const char* name, int max);

  /// Reads the words. False where --help was among them, and printed on stdout.
  /// Throws Error(usage) for anything wrong; an unknown option is told with the nearest ones.
  bool parse(const Strings& words);

  bool has(const char* name) const { return values_.count(name) > 0; }
  /// The value of an option, or an empty one.
  std::string text(const char* name) const;
  Strings list(const char* name) const;
  std::int64_t number(const char* name) const { return values_[name].as<std::int64_t>(); }
  std::vector<std::int64_t> numbers(const char* name) const {
    return values_[name].as<std::vector<std::int64_t>>();
  }
  double real(const char* name) const { return values_[name].as<double>(); }
  bool flag(const char* name) const { return has(name) && values_[name].as<bool>(); }

  bool json() const { return flag("json"); }
  bool verbose() const { return flag("verbose"); }
  bool quiet() const { return flag("quiet"); }

 private:
  std::string help() const;
  boost::program_options::options_description all() const;

  std::string usage_, what_;
  boost::program_options::options_description own_, common_;
  boost::program_options::positional_options_description positional_;
  boost::program_options::options_description words_;
  boost::program_options::variables_map values_;
};

}  // namespace tandem::cli
