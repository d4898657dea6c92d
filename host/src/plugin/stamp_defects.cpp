#include "config/characters.hpp"
#include "plugin/mismatches.hpp"
#include "plugin/stamp.hpp"
#include "tandem/base/plugin.hpp"

#include <algorithm>

namespace tandem::plugin {
namespace {

constexpr std::string_view rebuild = "build the plugin with tandem_add_plugin() and TANDEM_PLUGIN";

bool plain(std::string_view text) {
  const auto characters = config::characters_of(text);
  return config::is_utf8(text) &&
         std::none_of(characters.begin(), characters.end(), config::is_control);
}

/// False where the text is so broken that it must not be printed.
template <std::size_t N>
bool check_text(const std::string& what, const char (&chars)[N], Mismatches& out) {
  if (text(chars).size() == N) {
    out.add(what, "no end", Log::join("one within its ", N, " bytes"), rebuild);
    return false;
  }
  if (plain(text(chars))) return true;
  out.add(what, "control characters or broken UTF-8", "plain text", rebuild);
  return false;
}

template <std::size_t N>
void check_id(const std::string& what, const char (&chars)[N], Mismatches& out) {
  if (check_text(what, chars, out) && !legal_id(text(chars)))
    out.add(what, Log::join("'", text(chars), "'"),
            "1 to 46 characters of a-z, 0-9 and _, a letter first", "give it a legal id");
}

void check_item(const Stamp& stamp, std::size_t index, Mismatches& out) {
  const StampItem& item = stamp.items[index];
  const auto number = std::to_string(index + 1);
  if (static_cast<std::size_t>(item.role) >= role_count)
    out.add("role of item " + number, static_cast<int>(item.role),
            Log::join("0 to ", role_count - 1), rebuild);
  check_id("id of item " + number, item.id, out);
  const bool again = std::any_of(stamp.items, &item, [&](const StampItem& earlier) {
    return earlier.role == item.role && text(earlier.id) == text(item.id);
  });
  if (again)
    out.add("id of item " + number, "one that an earlier item has", "another",
            "name each thing once in TANDEM_PLUGIN");
}

}  // namespace

bool legal_id(std::string_view id) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !id.empty() && id.size() <= 46 && letter(id[0]) &&
         std::all_of(id.begin(), id.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

std::string defects(const Stamp& stamp) {
  Mismatches out;
  check_text("LibTorch's version", stamp.libtorch, out);
  check_text("standard library", stamp.stdlib, out);
  check_text("architecture", stamp.arch, out);
  check_text("sanitizers", stamp.sanitizers, out);
  check_text("compiler", stamp.compiler, out);
  check_id("the plugin's id", stamp.id, out);
  check_text("version", stamp.version, out);
  check_text("license", stamp.license, out);
  check_text("author", stamp.author, out);
  check_text("description", stamp.doc, out);
  if (stamp.count < 1 || stamp.count > max_items)
    out.add("number of items", stamp.count, Log::join("1 to ", max_items), rebuild);
  const auto items = std::min<std::size_t>(stamp.count, max_items);
  for (std::size_t i = 0; i < items; ++i) check_item(stamp, i, out);
  return out.take();
}

}  // namespace tandem::plugin
