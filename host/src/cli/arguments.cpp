#include "cli/arguments.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/params.hpp"

#include <iostream>
#include <sstream>

namespace tandem::cli {
namespace po = boost::program_options;
namespace {

po::typed_value<Strings>* strings() {
  return po::value<Strings>()->composing();
}

[[noreturn]] void unknown_option(const po::unknown_option& error,
                                 const po::options_description& known) {
  Strings names;
  for (const auto& option : known.options()) names.push_back("--" + option->long_name());
  std::string message = "unknown option '" + error.get_option_name() + "'";
  const auto close = nearest(error.get_option_name(), names);
  for (std::size_t i = 0; i < close.size(); ++i)
    message += (i == 0 ? "; did you mean " : ", ") + close[i];
  throw Error(ErrorKind::usage, message + (close.empty() ? "; --help lists the options" : "?"));
}

}  // namespace

Arguments::Arguments(std::string usage, std::string what)
    : usage_(std::move(usage)), what_(std::move(what)), own_("Options"), common_("Everywhere") {
  common_.add_options()                                                                   //
      ("plugin", strings()->value_name("FILE"), "also use this plugin; may be repeated")  //
      ("plugin-path", strings()->value_name("DIR"),
       "also use the plugins of this folder; may be repeated")                 //
      ("json", po::bool_switch(), "results for machines, on stdout")           //
      ("verbose,v", po::bool_switch(), "more messages")                        //
      ("quiet,q", po::bool_switch(), "no progress, no messages but warnings")  //
      ("help,h", po::bool_switch(), "this help");
}

void Arguments::positional(const char* name, int max) {
  positional_.add(name, max);
  words_.add_options()(name, strings());
}

po::options_description Arguments::all() const {
  po::options_description everything;
  everything.add(own_).add(common_).add(words_);
  return everything;
}

bool Arguments::parse(const Strings& words) {
  const auto known = all();
  try {
    po::store(
        po::command_line_parser(words)
            .options(known)
            .positional(positional_)
            .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
            .run(),
        values_);
    po::notify(values_);
  } catch (const po::unknown_option& error) {
    unknown_option(error, known);
  } catch (const po::too_many_positional_options_error&) {
    throw Error(ErrorKind::usage, "too many words; the command is: tandem " + usage_);
  } catch (const po::error& error) {
    throw Error(ErrorKind::usage, std::string(error.what()) + "; --help shows how it is meant");
  }
  if (!flag("help")) return true;
  std::cout << help();
  return false;
}

std::string Arguments::help() const {
  std::ostringstream out;
  out << "tandem " << usage_ << "\n\n" << what_ << "\n\n";
  if (!own_.options().empty()) out << own_ << '\n';
  out << common_;
  return out.str();
}

std::string Arguments::text(const char* name) const {
  if (!has(name)) return {};
  const auto& value = values_[name].value();
  if (const auto* many = boost::any_cast<Strings>(&value))
    return many->empty() ? std::string() : many->front();
  return boost::any_cast<std::string>(value);
}

Strings Arguments::list(const char* name) const {
  return has(name) ? values_[name].as<Strings>() : Strings{};
}

}  // namespace tandem::cli
