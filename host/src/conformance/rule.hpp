#pragma once

#include "conformance/settings.hpp"
#include "tandem/base/abi.hpp"
#include "tandem/base/log.hpp"
#include "tandem/base/plugin.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace tandem::conformance {

/// What a rule looks at: one thing that a plugin provides, or the file as a whole.
struct Subject {
  std::filesystem::path file;
  Stamp stamp{};  ///< zeros where the file has none that can be read
  Role role{};
  std::string id;  ///< empty for a rule about the file as a whole
  std::uint64_t seed = 0;
  Log* log = nullptr;
  Settings settings = {};
  bool trust = true;  ///< a backbone may run code that comes with a file

  /// Opens the plugin in this process on first use. Throws Error(plugin) where it cannot be opened.
  const Factory& factory() const;
  /// Says something beside that the rule is kept, e.g. on what it was tried.
  void remark(std::string text) const { remark_ = std::move(text); }
  const std::string& remark() const { return remark_; }
  /// Its schema, with the role and id for messages.
  OwnedSchema schema() const;
  /// Its factory in its role's own type. Throws Violation where it is of another one.
  template <class F>
  const F& factory_as() const {
    const auto* typed = dynamic_cast<const F*>(&factory());
    if (typed == nullptr) wrong_factory();
    return *typed;
  }

 private:
  [[noreturn]] void wrong_factory() const;
  mutable std::shared_ptr<const Factory> opened_;
  mutable std::string remark_;
};

/// The rule is broken; what() says what was seen and what was expected.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The rule says nothing about this subject; what() says why.
class NotApplicable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws Violation with the parts as one text unless `holds`.
template <class... Parts>
void expect(bool holds, const Parts&... parts) {
  if (!holds) throw Violation(Log::join(parts...));
}

constexpr unsigned mask_of(Role role) {
  return 1u << static_cast<unsigned>(role);
}
/// For `Rule::roles`: once for the file, or once for each thing that it provides.
inline constexpr unsigned whole_file = 0;
inline constexpr unsigned every_role = (1u << role_count) - 1;

/// One promise of a plugin. `check` runs in a process of its own, forked from one that has loaded
/// LibTorch and run nothing, with one CPU thread: it may crash, hang or end. It returns where the
/// promise is kept, and throws Violation or NotApplicable; any other exception breaks the rule too,
/// with its text.
struct Rule {
  const char* group;
  const char* name;
  const char* what;  ///< the promise, as a statement: "the same Random gives the same pixels"
  unsigned roles;    ///< bits of `mask_of`, or `whole_file`
  void (*check)(const Subject& subject);
  /// "group.name" of the rule that this one builds on: unless that passed for the same subject (or
  /// for the file), this one is skipped, so that one fault is told once. Null: none.
  const char* needs = nullptr;
};

/// "group.name"
std::string full_name(const Rule& rule);

}  // namespace tandem::conformance
