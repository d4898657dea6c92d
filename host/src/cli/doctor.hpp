#pragma once

#include "cli/arguments.hpp"
#include "formats/json_lines.hpp"
#include "tandem/base/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

/// What `tandem doctor` looks at.
namespace tandem::cli {

enum class Health {
  ok,
  note,     ///< training works, but not as it might
  problem,  ///< training stops
};

/// One line of what was found.
struct Finding {
  std::string name;      ///< "processors", "heap", …
  std::string text;      ///< what there is
  formats::Json values;  ///< the same for machines
  Health health = Health::ok;
  std::string remedy = "";               ///< where it is not ok
  ErrorKind kind = ErrorKind::resource;  ///< of a problem
};

/// Of this program and its LibTorch.
std::vector<Finding> examine_build();
/// Of processors, memory, disk and limits; sets LibTorch's threads, and takes the precision's
/// probe.
std::vector<Finding> examine_machine();
/// Of the plugins that `arguments` and the environment name, and of the program's own files.
std::vector<Finding> examine_files(const Arguments& arguments);

}  // namespace tandem::cli
