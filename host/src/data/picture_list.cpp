#include "data/picture_list.hpp"

#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

namespace tandem::data {
namespace {

constexpr std::string_view space = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

struct Line {
  std::string path;
  std::string_view label;  ///< empty: none
};

class ListReader {
 public:
  explicit ListReader(std::string name) : name_(std::move(name)) {}

  PictureList read(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    while (!text.empty()) {
      ++number_;
      const auto end = text.find('\n');
      take(trimmed(text.substr(0, end)));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    if (list_.paths.empty()) throw Error(ErrorKind::data, name_ + ": lists no picture");
    finish_labels();
    return std::move(list_);
  }

 private:
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw Error(ErrorKind::data, Log::join(name_, ":", number_, ": ", parts...));
  }

  void take(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) fail("holds a zero byte: this is no text");
    if (text.empty() || text.front() == '#') return;
    const Line line = text.front() == '"' ? quoted(text) : plain(text);
    if (list_.paths.empty() && is_heading(line.path)) return;
    if (line.path.empty()) fail("names no file");
    if (!list_.paths.empty() && line.label.empty() == labelled_) {
      fail(labelled_ ? "has no class, but the lines before it have one"
                     : "has a class, but the lines before it have none");
    }
    labelled_ = !line.label.empty();
    list_.paths.add(line.path);
    if (labelled_) list_.classes.labels.push_back(class_of(line.label));
  }

  static bool is_heading(std::string path) {
    constexpr std::array names = {"path", "file", "filename", "image"};
    for (char& c : path) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return std::find(names.begin(), names.end(), path) != names.end();
  }

  static Line plain(std::string_view text) {
    const auto at = text.find_last_of(",\t");
    if (at == std::string_view::npos) return {std::string(text), {}};
    return {std::string(trimmed(text.substr(0, at))), label_in(text.substr(at + 1))};
  }

  Line quoted(std::string_view text) const {
    Line line;
    std::size_t at = 1;
    for (;; ++at) {
      if (at >= text.size()) fail("has a quotation mark that is not closed");
      if (text[at] == '"') {
        if (at + 1 >= text.size() || text[at + 1] != '"') break;
        ++at;
      }
      line.path += text[at];
    }
    const std::string_view behind = text.substr(at + 1);
    if (behind.empty()) return line;
    if (behind.front() != ',' && behind.front() != '\t') {
      fail("has more than a comma and a class behind its quoted path");
    }
    line.label = label_in(behind.substr(1));
    return line;
  }

  static std::string_view label_in(std::string_view text) {
    text = trimmed(text);
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
      text = text.substr(1, text.size() - 2);
    }
    return text;
  }

  /// For now in the order of first appearance.
  std::int32_t class_of(std::string_view label) {
    const auto found = classes_.find(label);
    if (found != classes_.end()) return found->second;
    const auto number = static_cast<std::int32_t>(classes_.size());
    classes_.emplace(label, number);
    return number;
  }

  static std::optional<std::int32_t> whole_number(std::string_view text) {
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size() && value >= 0;
    return whole ? std::optional(value) : std::nullopt;
  }

  void finish_labels() {
    std::vector<std::int32_t> by_name(classes_.size()), by_number(classes_.size());
    bool numbers = true;
    std::int32_t rank = 0;
    for (const auto& [label, number] : classes_) {
      const auto at = static_cast<std::size_t>(number);
      by_name[at] = rank++;
      const auto value = whole_number(label);
      numbers = numbers && value;
      by_number[at] = value.value_or(0);
    }
    const auto& final = numbers ? by_number : by_name;
    for (std::int32_t& label : list_.classes.labels) label = final[static_cast<std::size_t>(label)];
    if (numbers) return;
    for (const auto& [label, number] : classes_) list_.classes.names.push_back(label);
  }

  std::string name_;
  std::int64_t number_ = 0;
  bool labelled_ = false;
  PictureList list_;
  std::map<std::string, std::int32_t, std::less<>> classes_;
};

}  // namespace

PictureList read_list(std::string_view text, const std::string& name) {
  return ListReader(name).read(text);
}

}  // namespace tandem::data
