#include "run/initial_weights.hpp"

#include "checkpoint/weights.hpp"
#include "plugin/catalog.hpp"
#include "run/full_paths.hpp"
#include "run/model.hpp"
#include "run/run_folder.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace tandem::run {
namespace {

using Names = std::vector<std::string>;

/// "layer4.0.conv1" of "layer4.0.conv1.weight".
std::string owner(const std::string& name) {
  return name.substr(0, name.rfind('.'));
}

std::set<std::string> names_of(Stateful& object) {
  std::set<std::string> names;
  const State state = state_of(object);
  for (const auto* list : {&state.parameters, &state.buffers})
    for (const auto& item : *list) names.insert(item.name);
  return names;
}

bool is_batch_counter(const std::string& name) {
  return name.ends_with(".num_batches_tracked");
}

/// The prefix under which a file has most of the network's tensors, e.g. "backbone."; none where it
/// has no such tensor.
std::optional<std::string> likely_prefix(const formats::SafetensorsFile& file,
                                         const std::set<std::string>& here) {
  std::map<std::string, int> hits;
  for (const auto& tensor : file.tensors()) {
    for (std::size_t dot = 0; dot != std::string::npos; dot = tensor.name.find('.', dot + 1)) {
      const std::size_t begin = dot == 0 ? 0 : dot + 1;
      if (here.contains(tensor.name.substr(begin))) ++hits[tensor.name.substr(0, begin)];
    }
  }
  const auto best = std::max_element(
      hits.begin(), hits.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (best == hits.end()) return std::nullopt;
  return best->first;
}

std::string remedy(const formats::SafetensorsFile& file, const std::set<std::string>& here,
                   const std::string& prefix) {
  const auto likely = likely_prefix(file, here);
  if (!likely) return "none of its names is one of this backbone's: check what the file is";
  if (*likely != prefix && likely->empty())
    return "its names have no prefix: leave --strip-prefix out";
  if (*likely != prefix)
    return "its names begin with '" + *likely + "': give --strip-prefix " + *likely;
  return "set the backbone and its parameters (stem, width, stages, …) as the file has them, or "
         "start without it";
}

/// One line, where there are any.
void tell(const std::string& file, const Names& names, const std::string& what, Log& log) {
  if (!names.empty()) log.info(file, ": ", checkpoint::listed(names, what, what));
}

Names without_prefix(const formats::SafetensorsFile& file, const std::string& prefix) {
  Names names;
  for (const auto& tensor : file.tensors())
    if (!tensor.name.starts_with(prefix)) names.push_back(tensor.name);
  return names;
}

}  // namespace

formats::Json load_initial_weights(const InitialWeights& from, roles::HostEncoder& encoder,
                                   Log& log) {
  if (from.file.empty()) return {};
  const auto path =
      std::filesystem::is_directory(from.file) ? from.file / files::backbone : from.file;
  const auto file = formats::SafetensorsFile::open(path);
  const auto here = names_of(encoder);
  const auto layers = encoder.layers();
  checkpoint::LoadOptions options;
  options.prefix = from.strip_prefix;
  options.may_lack = is_batch_counter;
  std::set<std::string> built;
  for (const auto& tensor : here) built.insert(owner(tensor));
  options.may_have_more = [&](const std::string& name) {
    return !built.contains(owner(name)) &&
           std::find(layers.begin(), layers.end(), owner(name)) != layers.end();
  };
  options.remedy = remedy(file, here, from.strip_prefix);
  const auto left = checkpoint::load_weights(path, encoder, options);
  const auto others = without_prefix(file, from.strip_prefix);
  const std::string name = path.filename().string();
  tell(name, left.extra, "behind the tapped layer, left out", log);
  tell(name, others, "without the prefix '" + from.strip_prefix + "', left out", log);
  tell(name, left.missing, "that it lacks, begun at 0", log);
  const auto loaded = here.size() - left.missing.size();
  log.info("starts from ", loaded, " tensors of ", path.string());
  return {{"file", in_full(path.string())},
          {"sha256", plugin::sha256(path)},
          {"strip_prefix", from.strip_prefix},
          {"tensors", loaded},
          {"left_out", left.extra.size() + others.size()}};
}

}  // namespace tandem::run
