#include "checkpoint/store.hpp"
#include "cli/commands.hpp"
#include "formats/disk.hpp"
#include "formats/json_lines.hpp"
#include "formats/sealed_folder.hpp"
#include "report/text.hpp"
#include "report/text_table.hpp"
#include "run/run_folder.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <filesystem>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tandem::cli {
namespace {

namespace fs = std::filesystem;
using checkpoint::Entry;
using checkpoint::Store;

/// A checkpoint as it is found.
struct Found {
  Entry entry;
  std::uint64_t bytes = 0;
  std::optional<formats::TrainingState> state;  ///< nothing where it is damaged
  std::string problem;                          ///< why it is
};

std::uint64_t bytes_in(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_regular_file(error)) bytes += entry.file_size(error);
  }
  return bytes;
}

Found look_at(const Entry& entry, bool named) {
  Found found{entry, bytes_in(entry.folder), std::nullopt, ""};
  try {
    found.state = named ? checkpoint::verify_named(entry) : checkpoint::verify(entry);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::checkpoint) throw;
    found.problem = error.what();
  }
  return found;
}

Store store_of(const fs::path& run) {
  if (!fs::is_directory(run))
    throw Error(ErrorKind::usage, run.string() + " is no folder; name a run's");
  return Store(run / run::files::checkpoints);
}

/// A run's checkpoints, oldest first, or one that is named itself.
std::vector<Found> find(const fs::path& word) {
  std::vector<Found> list;
  if (fs::exists(word / formats::commit_name) || fs::exists(word / checkpoint::files::state)) {
    // Under another name, as that of a copy, it is a checkpoint all the same.
    const auto step = checkpoint::step_of(fs::canonical(word).filename());
    list.push_back(look_at({step.value_or(0), word}, step.has_value()));
    if (list[0].state) list[0].entry.step = list[0].state->step;
    return list;
  }
  for (const Entry& entry : store_of(word).list()) list.push_back(look_at(entry, true));
  if (list.empty()) {
    throw Error(ErrorKind::usage,
                word.string() + " has no checkpoint; name a run's folder or a checkpoint's");
  }
  return list;
}

std::string marks(const Store& store, std::int64_t step) {
  std::string text;
  if (store.latest() == step) text = "latest";
  if (store.best() == step) text += text.empty() ? "best" : ", best";
  return text;
}

formats::Json to_json(const Found& found, const Store& store) {
  formats::Json json = {{"folder", found.entry.folder.string()},
                        {"step", found.entry.step},
                        {"bytes", found.bytes},
                        {"whole", found.state.has_value()}};
  if (!found.state) return json["problem"] = found.problem, json;
  json["epoch"] = found.state->epochs();
  json["saved"] = found.state->saved;
  json["latest"] = store.latest() == found.entry.step;
  json["best"] = store.best() == found.entry.step;
  return json;
}

void print_json(const std::vector<Found>& list, const Store& store) {
  auto array = formats::Json::array();
  for (const Found& found : list) array.push_back(to_json(found, store));
  std::cout << formats::json_text(array);
}

void list(const fs::path& run, bool json) {
  const Store store = store_of(run);
  const auto found = find(run);
  if (json) return print_json(found, store);
  report::TextTable table({"step", "epoch", "saved", "size", ""});
  for (const auto& [entry, bytes, state, problem] : found) {
    table.add({std::to_string(entry.step), state ? std::to_string(state->epochs()) : "?",
               state ? state->saved : "?", formats::human_bytes(bytes),
               state ? marks(store, entry.step) : "damaged"});
  }
  std::cout << table.text();
}

int verify(const fs::path& word, bool json) {
  const auto found = find(word);
  bool whole = true;
  for (const Found& item : found) whole = whole && item.state;
  if (json) {
    print_json(found, Store(word / run::files::checkpoints));
  } else {
    for (const auto& [entry, bytes, state, problem] : found) {
      std::cout << entry.folder.string() << ": "
                << (state ? "whole, " + formats::human_bytes(bytes) : "damaged: " + problem)
                << '\n';
    }
  }
  return whole ? 0 : static_cast<int>(ErrorKind::checkpoint);
}

const Found& newest(const std::vector<Found>& list) {
  for (auto found = list.rbegin(); found != list.rend(); ++found) {
    if (found->state) return *found;
  }
  throw Error(ErrorKind::checkpoint, list.back().problem);
}

void show(const fs::path& word, bool json) {
  const auto list = find(word);
  const Found& found = newest(list);
  const auto& state = *found.state;
  if (json) {
    std::cout << formats::to_json_text(state);
    return;
  }
  const double epochs =
      static_cast<double>(state.step) / static_cast<double>(state.steps_per_epoch);
  std::cout << found.entry.folder.string() << ": whole, " << formats::human_bytes(found.bytes)
            << "\n  step " << state.step << " of " << state.total_steps << ", epoch "
            << report::fixed(epochs, 2) << ", after " << report::duration(state.seconds)
            << "\n  saved " << state.saved << " by tandem " << state.tandem << ", LibTorch "
            << state.libtorch << ", " << report::counted(state.threads, "thread") << " of "
            << state.processor << " (" << state.capability << ")\n";
  for (const auto& [id, hash] : state.plugins)
    std::cout << "  plugin " << id << ", SHA-256 " << hash << '\n';
  if (!state.problem.empty()) std::cout << "  stopped: " << state.problem << '\n';
  for (const auto& file : formats::verify_folder(found.entry.folder))
    std::cout << "  " << file.name << ", " << formats::human_bytes(file.sum.bytes) << '\n';
}

void prune(const fs::path& run, std::int64_t keep, bool json) {
  if (keep < 1) throw Error(ErrorKind::usage, "--keep is a number from 1 on");
  if (!fs::exists(run / run::files::manifest))
    throw Error(ErrorKind::usage, run.string() + " is no run's folder");
  const run::RunFolder locked(run, run::FolderUse::resume);  // no training writes meanwhile
  const Store store = store_of(run);
  // Only whole ones count, and damaged ones are left to be looked at.
  std::set<std::int64_t> stay;
  std::int64_t whole = 0;
  const auto found = find(run);
  for (auto item = found.rbegin(); item != found.rend(); ++item) {
    if (!item->state || whole++ < keep) stay.insert(item->entry.step);
  }
  if (whole == 0) throw Error(ErrorKind::checkpoint, found.back().problem + "; nothing is removed");
  std::uint64_t freed = 0;
  for (const Entry& entry : store.list()) freed += bytes_in(entry.folder);
  const auto gone = store.prune(0, [&](std::int64_t step) { return stay.contains(step); });
  for (const Entry& entry : store.list()) freed -= bytes_in(entry.folder);
  if (json) {
    auto steps = formats::Json::array();
    for (const Entry& entry : gone) steps.push_back(entry.step);
    std::cout << formats::json_text({{"removed", steps}, {"bytes", freed}});
    return;
  }
  for (const Entry& entry : gone) std::cout << "removed " << entry.folder.string() << '\n';
  std::cout << report::counted(static_cast<std::int64_t>(gone.size()), "checkpoint") << " removed, "
            << formats::human_bytes(freed) << " freed\n";
}

}  // namespace

int ckpt_command(const Strings& words) {
  Arguments arguments(
      "ckpt ls RUN | info RUN|CHECKPOINT | verify RUN|CHECKPOINT | prune RUN [options]",
      "ls: a run's checkpoints, oldest first.\n"
      "info: what one holds: the named one, or a run's newest whole one.\n"
      "verify: reads every byte against its checksum; exits with 6 where one is damaged.\n"
      "prune: removes all but the newest whole ones and the best, those of keep_every too.\n"
      "A run goes on with tandem train RUN --resume.");
  arguments.positional("words", 2);
  arguments.add_number("keep", "N", "prune: how many of the newest stay", 1);
  if (!arguments.parse(words)) return 0;
  const auto given = arguments.list("words");
  if (given.size() == 2) {
    const std::string& what = given[0];
    if (what == "ls") return list(given[1], arguments.json()), 0;
    if (what == "info") return show(given[1], arguments.json()), 0;
    if (what == "verify") return verify(given[1], arguments.json());
    if (what == "prune") return prune(given[1], arguments.number("keep"), arguments.json()), 0;
  }
  throw Error(ErrorKind::usage,
              "tandem ckpt needs 'ls', 'info', 'verify' or 'prune', and a run's folder");
}

}  // namespace tandem::cli
