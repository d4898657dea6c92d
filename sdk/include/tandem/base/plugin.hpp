#pragma once

#include "tandem/base/abi.hpp"
#include "tandem/base/params.hpp"

#include <memory>
#include <string_view>

/// The libraries' build passes these in (`tandem_add_plugin` does it for a plugin).
#ifndef TANDEM_LIBTORCH_VERSION
#define TANDEM_LIBTORCH_VERSION "none"
#endif
// A sanitizer that the author chose is told by the compiler: g++ defines a macro, clang has a
// feature, and UBSan neither.
#ifndef TANDEM_SANITIZERS
#ifdef __has_feature
#define TANDEM_HAS_FEATURE(name) __has_feature(name)
#else
#define TANDEM_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || TANDEM_HAS_FEATURE(address_sanitizer)
#define TANDEM_SANITIZERS "address"
#elif defined(__SANITIZE_THREAD__) || TANDEM_HAS_FEATURE(thread_sanitizer)
#define TANDEM_SANITIZERS "thread"
#elif TANDEM_HAS_FEATURE(memory_sanitizer)
#define TANDEM_SANITIZERS "memory"
#else
#define TANDEM_SANITIZERS "none"
#endif
#undef TANDEM_HAS_FEATURE
#endif

namespace tandem {

/// Makes what a plugin provides; one class a role derives from it (ObjectiveFactory, …).
/// Lives as long as the process. Its makers are const and called on any thread, several at once.
class TANDEM_API Factory {
 public:
  virtual ~Factory();
  virtual const Schema& schema() const = 0;
};

/// Receives what a plugin provides, in the order of its list. Implemented by the host.
class TANDEM_API Registrar {
 public:
  virtual ~Registrar();
  virtual void add(Role role, std::string_view id, std::shared_ptr<const Factory> factory) = 0;
};

namespace detail {

/// Stops a constant evaluation: the compiler prints the call, and with it the reason.
void not_allowed(const char* reason);

consteval std::string_view checked_id(std::string_view id) {
  if (id.empty() || id.size() > 46) not_allowed("an id has 1 to 46 characters");
  if (id[0] < 'a' || id[0] > 'z') not_allowed("an id starts with a lower-case letter");
  for (char c : id)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
      not_allowed("an id consists of a-z, 0-9 and _");
  return id;
}

template <std::size_t N>
consteval void put(char (&to)[N], std::string_view text) {
  if (text.size() >= N) not_allowed("a text of the plugin's stamp is too long");
  for (std::size_t i = 0; i < N; ++i) to[i] = i < text.size() ? text[i] : '\0';
}

}  // namespace detail

/// An item of TANDEM_PLUGIN's list: an id, its role, and the factory that makes it.
template <Role R, class FactoryType>
struct Provides {
  static constexpr Role role = R;
  std::string_view id;
  std::shared_ptr<const Factory> factory() const { return std::make_shared<FactoryType>(); }
};

/// Items that add a fact to the stamp.
struct Author {
  std::string_view name;
};
struct License {
  std::string_view name;
};
consteval Author author(std::string_view name) {
  return {name};
}
consteval License license(std::string_view name) {
  return {name};
}

namespace detail {

struct StampBuilder {
  Stamp stamp{};
  consteval void take(Author item) { put(stamp.author, item.name); }
  consteval void take(License item) { put(stamp.license, item.name); }
  template <Role R, class F>
  consteval void take(const Provides<R, F>& item) {
    if (stamp.count == max_items) not_allowed("a plugin provides at most 24 things");
    stamp.items[stamp.count].role = R;
    put(stamp.items[stamp.count].id, item.id);
    ++stamp.count;
  }
};

inline constexpr std::uint32_t fnv_basis = 2166136261u;
constexpr std::uint32_t fnv(std::uint32_t hash, std::uint8_t byte) {
  return (hash ^ byte) * 16777619u;
}

/// The checksum of a stamp, member by member so that it can be computed at compile time; equal to
/// FNV-1a over the bytes after `checksum` on a little-endian machine.
constexpr std::uint32_t stamp_checksum(const Stamp& s) {
  std::uint32_t hash = fnv_basis;
  auto integer = [&hash](auto value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
      hash = fnv(hash, static_cast<std::uint8_t>(value >> (8 * i)));
  };
  auto text = [&hash](const auto& chars) {
    for (char c : chars) hash = fnv(hash, static_cast<std::uint8_t>(c));
  };
  integer(s.major), integer(s.minor);
  for (auto revision : s.revision) integer(revision);
  integer(s.cxx11_abi), integer(s.glibcxx_debug);
  text(s.libtorch), text(s.stdlib), text(s.arch), text(s.sanitizers), text(s.compiler);
  text(s.id), text(s.version), text(s.license), text(s.author), text(s.doc);
  integer(s.count);
  for (const StampItem& item : s.items)
    integer(static_cast<std::uint8_t>(item.role)), text(item.id);
  return hash;
}

consteval std::string_view architecture() {
#if defined(__x86_64__)
  return "x86_64";
#elif defined(__aarch64__)
  return "aarch64";
#else
  return "other";
#endif
}

consteval std::string_view compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

template <class... Items>
consteval Stamp make_stamp(std::string_view id, std::string_view version, std::string_view doc,
                           Items... items) {
  StampBuilder builder;
  Stamp& s = builder.stamp;
  for (std::size_t i = 0; i < stamp_magic.size(); ++i) s.magic[i] = stamp_magic[i];
  s.size = sizeof(Stamp);
  s.major = abi_major;
  s.minor = sdk_minor;
  for (std::size_t i = 0; i < role_count; ++i) s.revision[i] = role_revision[i];
#ifdef _GLIBCXX_USE_CXX11_ABI
  s.cxx11_abi = _GLIBCXX_USE_CXX11_ABI;
#endif
#ifdef _GLIBCXX_DEBUG
  s.glibcxx_debug = 1;
#endif
#ifdef _LIBCPP_VERSION
  put(s.stdlib, "libc++");
#else
  put(s.stdlib, "libstdc++");
#endif
  put(s.libtorch, TANDEM_LIBTORCH_VERSION);
  put(s.arch, architecture());
  put(s.sanitizers, TANDEM_SANITIZERS);
  put(s.compiler, compiler().substr(0, 31));
  put(s.id, checked_id(id));
  put(s.version, version);
  put(s.doc, doc);
  (builder.take(items), ...);
  if (s.count == 0) not_allowed("a plugin provides at least one thing");
  s.checksum = stamp_checksum(s);
  return s;
}

template <Role R, class F>
void register_item(Registrar& registrar, const Provides<R, F>& item) {
  registrar.add(R, item.id, item.factory());
}
inline void register_item(Registrar&, Author) {}
inline void register_item(Registrar&, License) {}

template <class... Items>
void register_all(Registrar& registrar, const Items&... items) {
  (register_item(registrar, items), ...);
}

}  // namespace detail
}  // namespace tandem

/// Makes a shared library a plugin. Once in each, at global scope:
///
///     TANDEM_PLUGIN("acme", "1.0", "what it is", tandem::objective<VicReg>("vicreg"),
///     tandem::license("MIT"));
///
/// The one list yields both the stamp that the host reads from the file and the registration.
#define TANDEM_PLUGIN(ID, VERSION, DOC, ...)                              \
  extern "C" {                                                            \
  TANDEM_API extern const ::tandem::Stamp tandem_plugin_stamp;            \
  TANDEM_API void tandem_plugin_register(::tandem::Registrar& registrar); \
  constinit const ::tandem::Stamp tandem_plugin_stamp =                   \
      ::tandem::detail::make_stamp(ID, VERSION, DOC, __VA_ARGS__);        \
  void tandem_plugin_register(::tandem::Registrar& registrar) {           \
    ::tandem::detail::register_all(registrar, __VA_ARGS__);               \
  }                                                                       \
  }                                                                       \
  static_assert(true)
