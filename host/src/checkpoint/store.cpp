#include "checkpoint/store.hpp"

#include "formats/disk.hpp"
#include "formats/regular_file.hpp"
#include "formats/sealed_folder.hpp"
#include "tandem/base/error.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string_view>
#include <utility>

namespace tandem::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "step-";
constexpr std::string_view corrupt = ".corrupt";

std::string name_of(std::int64_t step) {
  char text[32];
  std::snprintf(text, sizeof text, "step-%08lld", static_cast<long long>(step));
  return text;
}

bool is_set_aside(const std::string& name) {
  const auto at = name.find(corrupt);
  return at != std::string::npos && step_of(name.substr(0, at));
}

/// A folder of its own, not a link to one.
bool is_folder(const fs::directory_entry& entry) {
  std::error_code error;
  return entry.symlink_status(error).type() == fs::file_type::directory && !error;
}

std::string read_state(const fs::path& file) {
  constexpr std::uint64_t most_bytes = 1 << 20;
  return formats::read_small_file(file, most_bytes, ErrorKind::checkpoint);
}

/// What a run writes to measure how fast the disk is.
constexpr const char* speed_file = ".speed.tmp";

/// What kills left in a store: nothing but what is called as a store calls it, since the folder may
/// be a link to where other things lie.
void remove_leftovers(const fs::path& folder) {
  formats::remove_leftovers(folder, [](const std::string& name) {
    return step_of(name) || is_set_aside(name) || name == "latest" || name == "best" ||
           name == speed_file;
  });
  std::error_code error;
  if (fs::is_regular_file(fs::symlink_status(folder / speed_file, error)))
    fs::remove(folder / speed_file, error);
}

}  // namespace

std::optional<std::int64_t> step_of(const std::string& name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  std::int64_t step = 0;
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + prefix.size(), end, step);
  if (read.ec != std::errc() || read.ptr != end || step < 0) return std::nullopt;
  return step;
}

fs::path Store::path_of(std::int64_t step) const {
  return folder_ / name_of(step);
}

std::vector<Entry> Store::list() const {
  std::vector<Entry> entries;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    const auto step = step_of(entry.path().filename());
    if (step && is_folder(entry)) entries.push_back({*step, entry.path()});
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.step < b.step; });
  return entries;
}

std::optional<std::int64_t> Store::linked(const char* name) const {
  std::error_code error;
  const auto target = fs::read_symlink(folder_ / name, error);
  if (error || !fs::is_directory(folder_ / target.filename())) return std::nullopt;
  return step_of(target.filename());
}

void Store::prepare() const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) throw formats::write_error(folder_, error.value(), 0);
  remove_leftovers(folder_);
}

void Store::set_latest(std::int64_t step) const {
  formats::replace_link(folder_ / "latest", name_of(step));
}

void Store::set_best(std::int64_t step) const {
  formats::replace_link(folder_ / "best", name_of(step));
}

std::vector<Entry> Store::prune(int keep,
                                const std::function<bool(std::int64_t step)>& for_good) const {
  auto entries = list();
  entries.resize(entries.size() - std::min(entries.size(), static_cast<std::size_t>(keep)));
  const auto pinned = best();
  std::erase_if(entries,
                [&](const Entry& entry) { return entry.step == pinned || for_good(entry.step); });
  for (const Entry& entry : entries) formats::remove_folder(entry.folder);
  return entries;
}

fs::path Store::set_aside(const Entry& entry) const {
  auto aside = entry.folder;
  aside += corrupt;
  for (int n = 2; fs::exists(fs::symlink_status(aside)); ++n)
    aside = entry.folder.string() + std::string(corrupt) + "-" + std::to_string(n);
  std::error_code error;
  fs::rename(entry.folder, aside, error);
  if (error) throw formats::write_error(entry.folder, error.value(), 0);
  return aside;
}

void Store::clear() const {
  // The folder itself may be a link, to a disk with more room; what is in it is not followed.
  std::error_code error;
  if (!fs::is_directory(folder_, error)) return;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const std::string name = entry.path().filename();
    if (is_folder(entry) && (step_of(name) || is_set_aside(name)))
      formats::remove_folder(entry.path());
    else if (entry.is_symlink() && (name == "latest" || name == "best"))
      fs::remove(entry.path(), error);
  }
  remove_leftovers(folder_);
  ::rmdir(folder_.c_str());  // fails, as it should, on a link, and where something else is in it
}

formats::TrainingState verify(const Entry& entry) {
  const auto listed = formats::verify_folder(entry.folder);
  const auto has = [&](const char* name) {
    return std::any_of(listed.begin(), listed.end(),
                       [name](const auto& file) { return file.name == name; });
  };
  for (const char* name :
       {files::model, files::objective, files::optimizer, files::state, files::config}) {
    if (!has(name)) {
      throw Error(ErrorKind::checkpoint,
                  entry.folder.string() + " is no whole checkpoint: it has no " + name);
    }
  }
  for (const char* name : {files::probe, files::views}) {
    if (!has(name) && fs::exists(fs::symlink_status(entry.folder / name)))
      throw Error(ErrorKind::checkpoint, (entry.folder / name).string() +
                                             " is none of the checkpoint's files: COMMIT does not "
                                             "name it");
  }
  const auto file = entry.folder / files::state;
  return formats::parse_training_state(read_state(file), file.string());
}

formats::TrainingState verify_named(const Entry& entry) {
  auto state = verify(entry);
  if (state.step == entry.step) return state;
  throw Error(ErrorKind::checkpoint, Log::join(entry.folder.string(), " is of step ", state.step,
                                               ", not of that of its name"));
}

std::optional<Verified> newest_whole(const Store& store, Log& log) {
  const auto entries = store.list();
  if (entries.empty()) return std::nullopt;
  std::vector<std::pair<Entry, std::string>> damaged;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    try {
      Verified found{*entry, verify_named(*entry)};
      for (const auto& [other, why] : damaged)
        log.warn(why, "; it is set aside as ", store.set_aside(other).filename().string(),
                 ", and an earlier one is used");
      return found;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::checkpoint) throw;
      damaged.emplace_back(*entry, error.what());
    }
  }
  std::string reasons;
  for (const auto& [entry, why] : damaged) reasons += (reasons.empty() ? "" : "; ") + why;
  throw Error(ErrorKind::checkpoint,
              "no checkpoint in " + store.folder().string() + " is whole: " + reasons +
                  "; train anew with --overwrite, or start from its weights with --init-from");
}

}  // namespace tandem::checkpoint
