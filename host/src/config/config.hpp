#pragma once

#include "config/document.hpp"
#include "config/origin.hpp"
#include "config/sections.hpp"
#include "tandem/base/abi.hpp"
#include "tandem/base/params.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tandem::config {

/// What a table with `use` names: a plugin's objective, backbone or operation, an optimizer, a
/// schedule.
struct Component {
  std::string id;
  const Schema* schema = nullptr;  ///< lives as long as the process
  ParamValues values;              ///< checked, in the order of the schema
  Origin origin;                   ///< of the value of `use`

  /// The values as the struct that declared the schema.
  template <class Params>
  Params params() const {
    return make_params<Params>(*schema, values);
  }
};

struct View {
  ViewSection host;
  std::vector<Component> ops;
};

/// A checked configuration: every key has a value of the right type and range.
struct Config {
  RunSection run;
  DataSection data;
  BackboneSection backbone_host;
  Component backbone, objective, optimizer, schedule;
  std::vector<View> views;
  TrainSection train;
  EvalSection eval;
  CheckpointSection checkpoint;
  GuardSection guard;
  /// Where each value that is not a default was written, by its path ("view[0].ops[1].size").
  std::map<std::string, Origin> origins;
};

/// Finds the schema of what a plugin provides; throws Error(plugin) for an unknown id. The schema
/// lives as long as the process.
using SchemaLookup = std::function<const Schema&(Role, const std::string& id)>;

/// Checks a document against the host's own sections and the schemas of the plugins that it names.
/// Throws one Error that lists every problem with its place, in the order of places: of kind
/// `plugin` if all of them are the lookup's, else of kind `config`.
Config check(const Document& document, const SchemaLookup& lookup);

/// Throws Error(plugin) unless a schema of a plugin can be used: names are well-formed, unique and
/// not the host's own (`use`, `tap`, `pool`, `trust`), and every default satisfies its own
/// declaration. `owner` names the plugin's part in the message, e.g. "objective 'vicreg'".
void check_schema(const Schema& schema, const std::string& owner);

/// One value of a configuration.
struct Setting {
  std::string path;   ///< "optimizer.lr", "view[0].ops[1].size"
  std::string value;  ///< as TOML
  std::string doc;    ///< what the key means; empty for `use`
  Origin origin;
};

/// Every key of the configuration with its value and where that came from, in the order of
/// `to_toml`.
std::vector<Setting> settings(const Config& config);

enum class Notes { none, docs, origins };

/// The whole configuration as TOML, every key: reading and checking it gives the same
/// configuration. `docs` adds what each key means as a comment, `origins` where each value came
/// from.
std::string to_toml(const Config& config, Notes notes = Notes::none);

}  // namespace tandem::config
