#pragma once

#include "plugin/catalog.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/backbone.hpp"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace network {

using Settings = std::vector<std::pair<std::string, tandem::ParamValue>>;

/// A backbone out of the very library that users load.
inline std::unique_ptr<tandem::Backbone> make(const std::string& id, const Settings& settings = {},
                                              const std::string& tap = "",
                                              std::int64_t channels = 3) {
  static tandem::plugin::Catalog catalog = [] {
    at::set_num_threads(1);  // networks this small only wait for one another's threads
    tandem::plugin::Catalog made(tandem::null_log());
    made.add_file(TANDEM_PLUGIN_DIR "/resnet.so");
    return made;
  }();
  const auto found = catalog.find_as<tandem::BackboneFactory>(tandem::Role::backbone, id);
  const tandem::Schema& schema = found.factory->schema();
  tandem::ParamValues values = tandem::defaults(schema);
  for (const auto& [name, value] : settings) {
    const auto at = static_cast<std::size_t>(schema.find(name) - schema.params.data());
    const std::string problem = tandem::check(schema.params[at], value);
    if (!problem.empty()) throw std::invalid_argument(name + " " + problem);
    values[at] = value;
  }
  return found.factory->create(values, {tap, channels, false, &tandem::null_log()});
}

inline std::map<std::string, at::Tensor> by_name(tandem::Stateful& object,
                                                 bool parameters_only = false) {
  std::map<std::string, at::Tensor> all;
  const tandem::State state = tandem::state_of(object);
  for (const auto& item : state.parameters) all[item.name] = item.tensor;
  if (!parameters_only)
    for (const auto& item : state.buffers) all[item.name] = item.tensor;
  return all;
}

}  // namespace network
