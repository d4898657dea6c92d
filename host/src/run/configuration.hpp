#pragma once

#include "config/config.hpp"
#include "plugin/catalog.hpp"
#include "run/data_set.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tandem::run {

struct Assignment {
  std::string text;    ///< "a.b=VALUE"
  std::string origin;  ///< for messages, e.g. "--set #2"
};

/// What a configuration is made of, beside the defaults below it.
struct Layers {
  std::filesystem::path file;  ///< empty: none
  std::vector<Assignment> assignments;
};

/// What a folder of a run holds. Its word on `backbone.trust` does not count, since a folder may
/// come from anywhere: code that it brings along runs for whoever says so now.
Layers layers_of_run(const std::filesystem::path& folder);

/// A checked configuration and the pictures it names.
struct Prepared {
  config::Config config;
  SourcePointer data;  ///< null where none are named, see `prepare_to_show`
};

/// Reads and checks the layers over defaults that suit the pictures. Throws what is wrong with the
/// configuration, its plugins or its data.
Prepared prepare(const Layers& layers, plugin::Catalog& catalog);
/// The same where a configuration may name no pictures: the defaults are then those for 32 × 32
/// ones.
Prepared prepare_to_show(const Layers& layers, plugin::Catalog& catalog);
/// The configuration for pictures of a shape, whichever it names.
config::Config prepare_for(const Layers& layers, plugin::Catalog& catalog,
                           const data::Shape& picture);

}  // namespace tandem::run
