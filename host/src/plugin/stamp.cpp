#include "plugin/stamp.hpp"

#include "plugin/elf_file.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"
#include "tandem/base/plugin.hpp"

#include <algorithm>
#include <cstring>

namespace tandem::plugin {
namespace {

bool valid(const Stamp& stamp) {
  const auto known_role = [](const StampItem& item) {
    return static_cast<std::size_t>(item.role) < role_count;
  };
  return stamp.size == sizeof(Stamp) && stamp.checksum == detail::stamp_checksum(stamp) &&
         stamp.count <= max_items &&
         std::all_of(stamp.items, stamp.items + stamp.count, known_role);
}

/// Collects lines of "what: found A, expected B; remedy".
class Mismatches {
 public:
  template <class T, class U>
  void compare(std::string_view what, const T& found, const U& expected, std::string_view remedy) {
    if (found != expected) add(what, found, expected, remedy);
  }
  template <class T, class U>
  void add(std::string_view what, const T& found, const U& expected, std::string_view remedy) {
    if (!lines_.empty()) lines_ += '\n';
    lines_ += Log::join("  ", what, ": found ", found, ", expected ", expected, "; ", remedy);
  }
  std::string take() { return std::move(lines_); }

 private:
  std::string lines_;
};

bool provides(const Stamp& stamp, std::size_t role) {
  return std::any_of(
      stamp.items, stamp.items + std::min<std::size_t>(stamp.count, max_items),
      [role](const StampItem& item) { return static_cast<std::size_t>(item.role) == role; });
}

void compare_sdk(const Stamp& found, const Stamp& host, Mismatches& out) {
  out.compare("SDK major version", found.major, host.major,
              "rebuild the plugin against this host's SDK");
  if (found.major == host.major && found.minor > host.minor) {
    out.add("SDK minor version", found.minor, Log::join("at most ", host.minor),
            "update the host, or build against its SDK");
  }
  for (std::size_t role = 0; role < role_count; ++role) {
    if (!provides(found, role)) continue;
    out.compare(Log::join("revision of the ", role_name(static_cast<Role>(role)), " interface"),
                found.revision[role], host.revision[role],
                "rebuild the plugin against this host's SDK");
  }
}

void compare_libtorch(const Stamp& found, const Stamp& host, Mismatches& out) {
  if (text(found.libtorch) == "none") return;
  out.compare("LibTorch", text(found.libtorch), text(host.libtorch),
              "build both against the same LibTorch");
}

std::string_view yes_no(int value) {
  return value != 0 ? "on" : "off";
}

void compare_build(const Stamp& found, const Stamp& host, Mismatches& out) {
  out.compare("architecture", text(found.arch), text(host.arch),
              "build the plugin for this machine");
  out.compare("standard library", text(found.stdlib), text(host.stdlib),
              "build with the host's -stdlib");
  out.compare("_GLIBCXX_USE_CXX11_ABI", int{found.cxx11_abi}, int{host.cxx11_abi},
              "build with the host's value");
  out.compare("_GLIBCXX_DEBUG", yes_no(found.glibcxx_debug), yes_no(host.glibcxx_debug),
              "build with the host's setting");
  out.compare("sanitizers", text(found.sanitizers), text(host.sanitizers),
              "build with the host's -fsanitize");
}

std::string_view compiler_major(const Stamp& stamp) {
  const auto compiler = text(stamp.compiler);
  return compiler.substr(0, compiler.find('.'));
}

}  // namespace

const Stamp& host_stamp() {
  struct HostFactory {};
  static constexpr Stamp stamp =
      detail::make_stamp("tandem", "1", "the host", Provides<Role::objective, HostFactory>{"host"});
  return stamp;
}

Stamp read_stamp(const std::filesystem::path& file) {
  const MappedFile mapped(file);
  const std::string_view bytes = mapped.bytes();
  const auto refuse = [&file](const std::string& why) -> void {
    throw Error(ErrorKind::plugin, "plugin " + file.string() + " " + why);
  };
  if (const auto problem = elf_problem(bytes); !problem.empty()) refuse(problem);

  const std::string_view magic(reinterpret_cast<const char*>(stamp_magic.data()),
                               stamp_magic.size());
  Stamp found{}, candidate{};
  int hits = 0;
  for (auto at = bytes.find(magic); at != std::string_view::npos; at = bytes.find(magic, at + 1)) {
    if (bytes.size() - at < sizeof(Stamp)) break;
    std::memcpy(&candidate, bytes.data() + at, sizeof(Stamp));
    if (!valid(candidate)) continue;
    found = candidate;
    ++hits;
  }
  if (hits == 0) {
    refuse(
        "is not a Tandem plugin: it holds no valid stamp; a plugin is built with "
        "tandem_add_plugin() and has one TANDEM_PLUGIN line");
  }
  if (hits > 1) refuse("holds more than one stamp; a plugin has one TANDEM_PLUGIN line");
  return found;
}

std::string incompatibilities(const Stamp& found, const Stamp& host) {
  Mismatches out;
  compare_sdk(found, host, out);
  compare_libtorch(found, host, out);
  compare_build(found, host, out);
  return out.take();
}

std::string oddities(const Stamp& found, const Stamp& host) {
  if (compiler_major(found) == compiler_major(host)) return {};
  return Log::join("built by ", text(found.compiler), ", the host by ", text(host.compiler));
}

}  // namespace tandem::plugin
