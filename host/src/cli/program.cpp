#include "cli/program.hpp"

#include "cli/commands.hpp"
#include "cli/process.hpp"
#include "config/origin.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/params.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <new>

namespace tandem::cli {
namespace {

struct Command {
  const char* name;
  const char* what;
  int (*run)(const Strings& words);
};

constexpr std::array commands = {
    Command{"train", "pre-train a backbone on a folder of pictures", train_command},
    Command{"compare", "train several configurations alike, or read runs: a table and a page",
            compare_command},
    Command{"sweep", "train a grid of configurations, and compare them", sweep_command},
    Command{"embed", "write a trained backbone's features of pictures", embed_command},
    Command{"eval", "evaluate a run: kNN, linear probe, against simple baselines", eval_command},
    Command{"export", "write a run's weights for torchvision, timm or ONNX", export_command},
    Command{"ckpt", "list, verify and prune a run's checkpoints", ckpt_command},
    Command{"data", "check a data set: every picture, sizes, classes, duplicates", data_command},
    Command{"augment", "draw the views that training sees", augment_command},
    Command{"bench", "measure steps, losses and the data path on this machine", bench_command},
    Command{"doctor", "tell what this machine and this build are, and what is wrong with them",
            doctor_command},
    Command{"plugins", "list plugins, show the parameters of one", plugins_command},
    Command{"config", "check or show a configuration", config_command},
};

void print_help(std::ostream& out) {
  out << "tandem: self-supervised pre-training with objectives, backbones and augmentations as "
         "plugins\n\n"
         "  tandem COMMAND [options]\n\n";
  for (const auto& command : commands) {
    out << "  " << command.name << std::string(10 - std::string_view(command.name).size(), ' ')
        << command.what << '\n';
  }
  out << "\ntandem COMMAND --help shows a command's options; tandem --version the version.\n"
         "A first run: tandem train --data DIR_OF_IMAGES\n";
}

[[noreturn]] void unknown_command(const std::string& name) {
  Strings names;
  for (const auto& command : commands) names.emplace_back(command.name);
  std::string message = "unknown command '" + name + "'";
  const auto close = nearest(name, names, 1);
  throw Error(ErrorKind::usage, message + (close.empty() ? "; tandem --help lists them"
                                                         : "; did you mean '" + close[0] + "'?"));
}

int dispatch(const Strings& words) {
  if (words.empty()) {
    print_help(std::cerr);
    return static_cast<int>(ErrorKind::usage);
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help")
    return print_help(std::cout), 0;
  if (words[0] == "--version") return std::cout << "tandem " << TANDEM_VERSION << '\n', 0;
  const auto* found = std::find_if(commands.begin(), commands.end(), [&](const Command& command) {
    return words[0] == command.name;
  });
  if (found == commands.end()) unknown_command(words[0]);
  return found->run({words.begin() + 1, words.end()});
}

/// True for what compilers print too: "file:3:1: error: …".
bool begins_with_place(const std::string& message) {
  return message.substr(0, message.find('\n')).find(": error: ") != std::string::npos;
}

int complain(const std::string& message, ErrorKind kind) {
  std::cerr << (begins_with_place(message) ? "" : "error: ") << config::printable_lines(message)
            << '\n';
  return static_cast<int>(kind);
}

int memory_ran_out() {
  return complain("memory ran out; try a smaller train.batch_size", ErrorKind::resource);
}

/// LibTorch's errors go on with a stack of frames, and exhausted memory is one of them.
int unexpected(const std::string& what) {
  if (what.find("can't allocate memory") != std::string::npos) return memory_ran_out();
  return complain("unexpected: " + what.substr(0, what.find('\n')), ErrorKind::internal);
}

}  // namespace

int run_program(const Strings& words) {
  try {
    const int code = dispatch(words);
    // A result that could not be written is none; a reader that left early is no fault, nor is a
    // terminal that is gone.
    errno = 0;
    const bool hung_up = signal_exit_code() == 128 + SIGHUP;
    if (!std::cout.flush() && errno != EPIPE && !(hung_up && errno == EIO)) {
      return complain("the results cannot be written to standard output", ErrorKind::resource);
    }
    return code;
  } catch (const Error& error) {
    return complain(error.what(), error.kind());
  } catch (const std::bad_alloc&) {
    return memory_ran_out();
  } catch (const std::exception& error) {
    return unexpected(error.what());
  } catch (...) {
    return unexpected("something that is no std::exception was thrown");
  }
}

}  // namespace tandem::cli
