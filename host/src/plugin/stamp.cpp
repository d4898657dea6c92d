#include "plugin/stamp.hpp"

#include "plugin/elf_file.hpp"
#include "plugin/mismatches.hpp"
#include "tandem/base/error.hpp"
#include "tandem/base/log.hpp"
#include "tandem/base/plugin.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <vector>

namespace tandem::plugin {
namespace {

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

const std::string broken_stamp = "holds no valid stamp:\n";

/// The host's own bytes must not be taken for a plugin's.
consteval Stamp without_magic(Stamp stamp) {
  for (auto& byte : stamp.magic) byte = 0;
  return stamp;
}

struct Stamps {
  std::vector<Stamp> whole;  ///< size and checksum fit
  std::string broken;        ///< what is wrong with one that is not
};

std::string hex(std::uint32_t value) {
  char digits[11];
  std::snprintf(digits, sizeof digits, "0x%08x", value);
  return digits;
}

/// What is wrong with the bytes behind a magic, as far as it shows without reading its members.
std::string frame_defect(std::string_view bytes, Stamp& out) {
  Mismatches wrong;
  std::memcpy(&out, bytes.data(), std::min(bytes.size(), sizeof(Stamp)));
  if (bytes.size() < offsetof(Stamp, major) || out.size != sizeof(Stamp)) {
    wrong.add("size of the stamp", Log::join(out.size, " bytes"), Log::join(sizeof(Stamp)),
              "rebuild the plugin against this host's SDK");
  } else if (bytes.size() < sizeof(Stamp)) {
    wrong.add("the stamp", Log::join("its first ", bytes.size(), " bytes"),
              Log::join("all ", sizeof(Stamp)), "copy or build the file again");
  } else if (out.checksum != detail::stamp_checksum(out)) {
    wrong.add("checksum of the stamp", hex(out.checksum), hex(detail::stamp_checksum(out)),
              "the file was damaged or changed after it was built: copy or build it again");
  }
  return wrong.take();
}

Stamps stamps_in(std::string_view bytes) {
  const std::string_view magic(reinterpret_cast<const char*>(stamp_magic.data()),
                               stamp_magic.size());
  Stamps stamps;
  for (auto at = bytes.find(magic); at != std::string_view::npos; at = bytes.find(magic, at + 1)) {
    Stamp stamp{};
    auto defect = frame_defect(bytes.substr(at), stamp);
    if (defect.empty())
      stamps.whole.push_back(stamp);
    else if (stamps.broken.empty() || stamp.size == sizeof(Stamp))
      stamps.broken = std::move(defect);
  }
  return stamps;
}

std::string_view compiler_major(const Stamp& stamp) {
  const auto compiler = text(stamp.compiler);
  return compiler.substr(0, compiler.find('.'));
}

}  // namespace

const Stamp& host_stamp() {
  struct HostFactory {};
  static constexpr Stamp stamp = without_magic(detail::make_stamp(
      "tandem", "1", "the host", Provides<Role::objective, HostFactory>{"host"}));
  return stamp;
}

Stamp read_stamp(const MappedFile& file) {
  const auto refuse = [&file](const std::string& why) -> void {
    throw Error(ErrorKind::plugin, "plugin " + file.path().string() + " " + why);
  };
  if (const auto problem = elf_problem(file.bytes()); !problem.empty()) refuse(problem);
  const auto stamps = stamps_in(file.bytes());
  if (stamps.whole.empty() && !stamps.broken.empty()) refuse(broken_stamp + stamps.broken);
  if (stamps.whole.empty()) {
    refuse(
        "is not a Tandem plugin: found no stamp, expected one; a plugin is built with "
        "tandem_add_plugin() and has one TANDEM_PLUGIN line");
  }
  if (stamps.whole.size() > 1) {
    refuse(
        Log::join("holds more than one stamp: found ", stamps.whole.size(),
                  ", expected 1; a plugin has one TANDEM_PLUGIN line, and links no other plugin"));
  }
  if (const auto wrong = defects(stamps.whole[0]); !wrong.empty()) refuse(broken_stamp + wrong);
  return stamps.whole[0];
}

Stamp read_stamp(const std::filesystem::path& file) {
  return read_stamp(MappedFile(file));
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
