#include "run/resume.hpp"

#include "config/difference.hpp"
#include "config/resume_keys.hpp"
#include "formats/append_file.hpp"
#include "formats/atomic_file.hpp"
#include "formats/json_lines.hpp"
#include "run/configuration.hpp"
#include "run/manifest.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <vector>

namespace tandem::run {
namespace {

/// What is not as it was.
struct Change {
  std::string word;  ///< for --allow-change
  std::string what;
};

std::string shown(const std::string& value) {
  return value.empty() ? "not there" : value;
}

void add_keys(std::vector<Change>& changes, const config::Config& then, const config::Config& now) {
  for (const auto& [section, key, left, right, doc] : config::differences(then, now)) {
    if (config::key_class(section, key) == config::KeyClass::free) continue;
    const std::string word = section.starts_with("view") ? "view" : section + "." + key;
    changes.push_back(
        {word, section + "." + key + " was " + shown(left) + ", now " + shown(right)});
  }
}

void add_plugins(std::vector<Change>& changes, const formats::TrainingState& then,
                 const formats::TrainingState& now) {
  for (const auto& [id, hash] : now.plugins) {
    const auto found = then.plugins.find(id);
    if (found == then.plugins.end() || found->second == hash) continue;
    changes.push_back({"plugin." + id, "plugin '" + id + "' was another build (SHA-256 " +
                                           found->second.substr(0, 12) + "…, now " +
                                           hash.substr(0, 12) + "…)"});
  }
}

/// A file that a key names, as a scripted network, may lie elsewhere; its content is what counts.
void add_files(std::vector<Change>& changes, const formats::TrainingState& then,
               const formats::TrainingState& now) {
  for (const auto& [key, hash] : now.files) {
    std::erase_if(changes, [&](const Change& change) { return change.word == key; });
    const auto found = then.files.find(key);
    if (found == then.files.end() || found->second != hash)
      changes.push_back({key, "the file of " + key + " was another one, by its SHA-256"});
  }
}

/// The share of the labelled pictures that is not trained on.
double held_out(const config::EvalSection& eval) {
  return eval.knn_every < 0 || !eval.path.empty() ? 0 : eval.holdout;
}

std::string other_pictures(const config::Config& then, const config::Config& now) {
  std::string what = "the pictures in " + now.data.path + " are not those it was trained on";
  const double before = held_out(then.eval), after = held_out(now.eval);
  if (before == after) return what;
  return what + Log::join(": ", 100 * before, " % of them were held out to evaluate with, now ",
                          100 * after,
                          " %; eval.holdout is in force where there is no eval.path and "
                          "eval.knn_every is not \"never\": give these as they were");
}

std::vector<Change> changes_since(const checkpoint::Verified& from, const TrainingParts& parts,
                                  const formats::TrainingState& now, plugin::Catalog& catalog) {
  std::vector<Change> changes;
  auto then =
      prepare_for({from.entry.folder / checkpoint::files::config, {}}, catalog, {32, 32, 3});
  // Programs that wrote "auto" trained in float32.
  if (then.run.precision == "auto") then.run.precision = "float32";
  // Nor did they know another way.
  if (then.train.passes == "auto") then.train.passes = "apart";
  add_keys(changes, then, parts.config);
  if (from.state.data != now.data) changes.push_back({"data", other_pictures(then, parts.config)});
  add_plugins(changes, from.state, now);
  add_files(changes, from.state, now);
  return changes;
}

/// What an earlier resume from this very checkpoint was allowed, as the manifest says.
std::vector<std::string> allowed_before(const checkpoint::Verified& from) {
  const auto manifest =
      formats::read_json_object(from.entry.folder.parent_path().parent_path() / files::manifest);
  std::vector<std::string> words;
  if (!manifest.contains("resumed")) return words;
  for (const auto& entry : manifest["resumed"]) {
    if (!entry.is_object() || entry.value("step", formats::Json()) != from.state.step) continue;
    for (const auto& word : entry.value("allowed_changes", formats::Json::array()))
      if (word.is_string()) words.push_back(word.get<std::string>());
  }
  return words;
}

/// What no checkpoint can make equal again.
void tell_machine(const formats::TrainingState& then, const formats::TrainingState& now, Log& log) {
  std::string list;
  const auto compare = [&](const char* what, const std::string& before, const std::string& after) {
    if (before != after)
      list += (list.empty() ? "" : ", ") + (what + (" was " + before)) + ", now " + after;
  };
  compare("the processor", then.processor, now.processor);
  compare("its instruction set", then.capability, now.capability);
  compare("threads", std::to_string(then.threads), std::to_string(now.threads));
  compare("ranks", std::to_string(then.ranks), std::to_string(now.ranks));
  compare("LibTorch", then.libtorch, now.libtorch);
  compare("tandem", then.tandem, now.tandem);
  if (list.empty()) return;
  log.warn(list,
           ": from here on the run's numbers may differ in their last bits from what they "
           "would have been");
}

}  // namespace

void require_same_training(const checkpoint::Verified& from, const TrainingParts& parts,
                           const formats::TrainingState& now, plugin::Catalog& catalog,
                           std::span<const std::string> allowed, Log& log) {
  std::string refused;
  std::vector<std::string> used;
  auto may_change = allowed_before(from);
  may_change.insert(may_change.end(), allowed.begin(), allowed.end());
  for (const auto& [word, what] : changes_since(from, parts, now, catalog)) {
    if (std::find(may_change.begin(), may_change.end(), word) != may_change.end()) {
      log.warn(what, " (--allow-change ", word, "): from step ", from.state.step + 1,
               " on this is another training");
      used.push_back(word);
    } else {
      refused += "\n  " + what + "; --allow-change " + word;
    }
  }
  if (!refused.empty()) {
    throw Error(ErrorKind::config,
                from.entry.folder.string() +
                    " would go on as another training than it was; give it what it had, or name "
                    "each change that is meant:" +
                    refused);
  }
  for (const auto& word : allowed) {
    if (std::find(used.begin(), used.end(), word) == used.end())
      log.warn("--allow-change ", word, " allows nothing: that is as it was");
  }
  tell_machine(from.state, now, log);
}

train::Position position_of(const formats::TrainingState& state) {
  return {state.step,         state.epoch_ended, state.images,
          state.part_seconds, state.looked_in,   static_cast<int>(state.alarm_signs),
          state.seconds};
}

void cut_logs(const RunFolder& folder, const formats::TrainingState& state, Log& log) {
  const auto cut = [&](const char* name, std::uint64_t bytes) {
    if (!formats::cut_file(folder.file(name), bytes))
      log.warn(folder.file(name).string(), " is shorter than it was at step ", state.step,
               ": a part of it is lost");
  };
  cut(files::metrics, state.metrics_bytes);
  cut(files::tensorboard, state.tensorboard_bytes);
}

void note_resume(const RunFolder& folder, const formats::TrainingState& from,
                 const formats::TrainingState& now, std::span<const std::string> allowed) {
  const auto file = folder.file(files::manifest);
  auto manifest = formats::read_json_object(file);
  if (manifest.empty()) return;  // a damaged one ends no run
  auto& list = manifest["resumed"];
  if (!list.is_array()) list = formats::Json::array();
  list.push_back({{"at", utc_now()},
                  {"step", from.step},
                  {"tandem", now.tandem},
                  {"libtorch", now.libtorch},
                  {"machine",
                   {{"processor", now.processor},
                    {"cpu_capability", now.capability},
                    {"threads", now.threads},
                    {"ranks", now.ranks}}},
                  {"plugins", now.plugins},
                  {"allowed_changes", std::vector<std::string>(allowed.begin(), allowed.end())}});
  formats::write_file(file, formats::json_text(manifest));
}

}  // namespace tandem::run
