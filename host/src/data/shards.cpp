#include "data/shards.hpp"

#include "data/picture_files.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::data {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t most_shards = 1'000'000;

struct Range {
  std::string before, first, last, after;
};

/// The number that a text begins with, at most nine digits; they are taken off it.
std::string take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  if (count > 9) return {};
  std::string digits(text.substr(0, count));
  text.remove_prefix(count);
  return digits;
}

/// The first range of a path, `{000..123}`.
std::optional<Range> range_in(std::string_view path) {
  for (auto at = path.find('{'); at != std::string_view::npos; at = path.find('{', at + 1)) {
    std::string_view rest = path.substr(at + 1);
    Range range{std::string(path.substr(0, at)), take_digits(rest), {}, {}};
    if (range.first.empty() || !rest.starts_with("..")) continue;
    rest.remove_prefix(2);
    range.last = take_digits(rest);
    if (range.last.empty() || !rest.starts_with('}')) continue;
    range.after = rest.substr(1);
    return range;
  }
  return std::nullopt;
}

void expand(const std::string& path, std::vector<fs::path>& out) {
  const auto range = range_in(path);
  if (!range) {
    out.emplace_back(path);
    return;
  }
  const std::int64_t first = std::stoll(range->first), last = std::stoll(range->last);
  if (last < first || last - first >= most_shards ||
      static_cast<std::int64_t>(out.size()) > most_shards) {
    throw Error(ErrorKind::data, path + ": the range {" + range->first + ".." + range->last +
                                     "} goes down, or names more than a million files");
  }
  for (std::int64_t i = first; i <= last; ++i) {
    std::string number = std::to_string(i);
    const std::size_t width = range->first.size();
    if (number.size() < width) number.insert(0, width - number.size(), '0');
    expand(range->before + number + range->after, out);
  }
}

bool is_tar(const fs::path& path) {
  return path.extension() == ".tar" && path.filename().string().front() != '.';
}

}  // namespace

bool is_shard_pattern(const fs::path& path) {
  std::error_code code;
  return range_in(path.string()).has_value() && !fs::exists(path, code);
}

std::vector<fs::path> shards_of(const fs::path& path) {
  std::vector<fs::path> found;
  if (is_shard_pattern(path)) {
    expand(path.string(), found);
  } else if (!fs::is_directory(path)) {
    found.push_back(path);
  } else {
    for (const auto& entry : fs::directory_iterator(path)) {
      if (is_tar(entry.path()) && entry.is_regular_file()) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
  }
  return found;
}

bool is_shard_folder(const fs::path& folder) {
  std::error_code code;
  bool any = false;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    const std::string name = entry.path().filename().string();
    if (name.front() == '.') continue;
    if (entry.is_directory(code) || is_picture_name(name)) return false;
    any = any || is_tar(entry.path());
  }
  return any;
}

}  // namespace tandem::data
