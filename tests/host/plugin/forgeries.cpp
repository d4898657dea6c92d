#include "forgeries.hpp"

using tandem::Role;
using tandem::Stamp;

namespace {

using Path = std::filesystem::path;

template <std::size_t N>
void put(char (&to)[N], const std::string& text) {
  std::memset(to, 0, N);
  std::memcpy(to, text.data(), std::min(text.size(), N));
}

/// A stamp with this change and a checksum that fits.
Forgery stamped(const std::string& name, const std::vector<std::string>& messages,
                const std::function<void(Stamp&)>& change) {
  return {name, messages, [change](const Path& from, const Path& to) { forge(from, to, change); }};
}

/// The file's bytes changed at will; `at` is where its stamp begins.
Forgery rewritten(const std::string& name, const std::vector<std::string>& messages,
                  const std::function<void(std::string& bytes, std::size_t at)>& change) {
  return {name, messages, [change](const Path& from, const Path& to) {
            std::string bytes = read_file(from);
            change(bytes, stamp_offset(bytes));
            write_file(to, bytes);
          }};
}

Forgery of_role(Role role, const std::string& name) {
  return stamped(name + "_revision",
                 {"revision of the " + name + " interface: found 9, expected 1; rebuild"},
                 [role](Stamp& s) {
                   s.items[0].role = role;
                   s.revision[static_cast<std::size_t>(role)] = 9;
                 });
}

std::vector<Forgery> other_builds() {
  return {
      stamped("major", {"SDK major version: found 9, expected 1; rebuild the plugin"},
              [](Stamp& s) { s.major = 9; }),
      stamped("minor", {"SDK minor version: found 7, expected at most 0; update the host"},
              [](Stamp& s) { s.minor = 7; }),
      of_role(Role::objective, "objective"),
      of_role(Role::backbone, "backbone"),
      of_role(Role::augmentation, "augmentation"),
      stamped("libtorch", {"LibTorch: found 1.13, expected 2.", "against the same LibTorch"},
              [](Stamp& s) { put(s.libtorch, "1.13"); }),
      stamped("cxx11_abi", {"_GLIBCXX_USE_CXX11_ABI: found 0, expected 1; build with"},
              [](Stamp& s) { s.cxx11_abi = 0; }),
      stamped("glibcxx_debug", {"_GLIBCXX_DEBUG: found on, expected off; build with"},
              [](Stamp& s) { s.glibcxx_debug = 1; }),
      stamped("stdlib", {"standard library: found libc++, expected libstdc++; build with"},
              [](Stamp& s) { put(s.stdlib, "libc++"); }),
      stamped("arch", {"architecture: found riscv64, expected ", "build the plugin for this"},
              [](Stamp& s) { put(s.arch, "riscv64"); }),
      stamped("sanitizers", {"sanitizers: found memory, expected ", "the host's -fsanitize"},
              [](Stamp& s) { put(s.sanitizers, "memory"); }),
      stamped("several",
              {"SDK major version: found 9", "LibTorch: found 1.13", "_GLIBCXX_DEBUG: found on"},
              [](Stamp& s) {
                s.major = 9;
                s.glibcxx_debug = 1;
                put(s.libtorch, "1.13");
              }),
  };
}

std::vector<Forgery> broken_stamps() {
  return {
      stamped("unterminated", {"license: found no end, expected one within its 32 bytes; build"},
              [](Stamp& s) { std::memset(s.license, 'x', sizeof s.license); }),
      stamped("control", {"description: found control characters or broken UTF-8, expected plain"},
              [](Stamp& s) { put(s.doc, "red\x1b[31m"); }),
      stamped("latin1", {"author: found control characters or broken UTF-8, expected plain"},
              [](Stamp& s) { put(s.author, "Ren\xe9"); }),
      stamped("many_items", {"number of items: found 25, expected 1 to 24; build"},
              [](Stamp& s) {
                s.count = 25;
                for (int i = 0; i < 24; ++i) put(s.items[i].id, "item" + std::to_string(i));
              }),
      stamped("no_item", {"number of items: found 0, expected 1 to 24; build"},
              [](Stamp& s) { s.count = 0; }),
      stamped("role", {"role of item 1: found 7, expected 0 to 2; build"},
              [](Stamp& s) { s.items[0].role = static_cast<Role>(7); }),
      stamped("illegal_id", {"id of item 1: found '../up', expected 1 to 46 characters of a-z"},
              [](Stamp& s) { put(s.items[0].id, "../up"); }),
      stamped("illegal_name", {"the plugin's id: found 'Leaves', expected 1 to 46 characters"},
              [](Stamp& s) { put(s.id, "Leaves"); }),
      stamped("twice", {"id of item 2: found one that an earlier item has, expected another; name"},
              [](Stamp& s) { s.items[s.count++] = s.items[0]; }),
  };
}

std::vector<Forgery> broken_files() {
  return {
      rewritten("checksum", {"checksum of the stamp: found 0x", ", expected 0x", "build it again"},
                [](std::string& bytes, std::size_t at) { bytes[at + offsetof(Stamp, doc)] ^= 1; }),
      rewritten("size", {"size of the stamp: found 1000 bytes, expected 1", "rebuild the plugin"},
                [](std::string& bytes, std::size_t at) {
                  const std::uint32_t size = 1000;
                  std::memcpy(&bytes[at + offsetof(Stamp, size)], &size, sizeof size);
                }),
      rewritten(
          "two", {"holds more than one stamp: found 2, expected 1; a plugin has one"},
          [](std::string& bytes, std::size_t at) { bytes += bytes.substr(at, sizeof(Stamp)); }),
      rewritten("none", {"is not a Tandem plugin: found no stamp, expected one; a plugin is built"},
                [](std::string& bytes, std::size_t at) { bytes[at] = 'X'; }),
      rewritten("truncated", {"is truncated: found ", ", expected at least the ", "copy or build"},
                [](std::string& bytes, std::size_t) { bytes.resize(bytes.size() - 1); }),
      rewritten("cut_stamp", {"the stamp: found its first 64 bytes, expected all 1"},
                [](std::string& bytes, std::size_t at) {
                  const auto head = bytes.substr(at, 64);
                  bytes[at] = 'X';
                  bytes += head;
                }),
      rewritten("text", {"is not a 64-bit shared library"},
                [](std::string& bytes, std::size_t) { bytes = "just words"; }),
  };
}

}  // namespace

std::vector<Forgery> forgeries() {
  auto all = other_builds();
  for (const auto& more : {broken_stamps(), broken_files()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}
