// Boost.DLL 1.74 uses std::vector without including it.
#include <vector>

#include "plugin/library.hpp"

#include "plugin/guard.hpp"
#include "plugin/stamp.hpp"
#include "tandem/base/error.hpp"

#include <dlfcn.h>
#include <boost/dll/shared_library.hpp>

#include <cstring>
#include <memory>

namespace tandem::plugin {
namespace {

using RegisterFunction = void(Registrar&);

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& why) {
  throw Error(ErrorKind::plugin, "plugin " + file.string() + " " + why);
}

/// Takes what is registered and holds it against the stamp.
class Collector final : public Registrar {
 public:
  void add(Role role, std::string_view id, std::shared_ptr<const Factory> factory) override {
    factories.emplace(std::pair(role, std::string(id)), std::move(factory));
  }
  Factories factories;
};

/// The loader's own words, without the file name that they start with.
std::string reason(const std::exception& error) {
  std::string words = error.what();
  const auto name_end = words.find(".so: ");
  return name_end == std::string::npos ? words : words.substr(name_end + 5);
}

/// Kept on purpose until the process ends: even its destructor must not run.
boost::dll::shared_library& keep(const std::filesystem::path& file) {
  namespace dll = boost::dll;
  const auto mode = static_cast<dll::load_mode::type>(
      static_cast<unsigned>(dll::load_mode::rtld_now | dll::load_mode::rtld_local) | RTLD_NODELETE);
  // The throwing constructor: the overloads with an error code lose the loader's message.
  static auto& kept = *new std::vector<std::unique_ptr<dll::shared_library>>;
  kept.push_back(std::make_unique<dll::shared_library>(std::filesystem::absolute(file), mode));
  return *kept.back();
}

/// Its stamp and its hash were read earlier, and a path can come to mean another file.
void require_unchanged(const std::filesystem::path& file, const FileIdentity& identity) {
  if (identity_of(file) != identity)
    refuse(file, "changed while it was being loaded; start again when it no longer changes");
}

void require_as_stamped(const std::filesystem::path& file, const Stamp& stamp,
                        const Factories& factories) {
  for (std::size_t i = 0; i < stamp.count; ++i) {
    const std::string id(text(stamp.items[i].id));
    const auto found = factories.find({stamp.items[i].role, id});
    if (found == factories.end() || found->second == nullptr)
      refuse(file, "does not register '" + id + "', which its stamp names");
  }
  if (factories.size() != stamp.count) refuse(file, "registers more than its stamp names");
}

}  // namespace

Factories open_library(const std::filesystem::path& file, const Stamp& stamp,
                       const FileIdentity& identity) {
  boost::dll::shared_library* library = nullptr;
  require_unchanged(file, identity);
  try {
    library = &keep(file);
  } catch (const std::exception& error) {
    refuse(file, "cannot be loaded: " + reason(error));
  }
  require_unchanged(file, identity);
  if (!library->has(stamp_symbol) || !library->has(register_symbol)) {
    refuse(file,
           "does not export tandem_plugin_stamp and tandem_plugin_register; it needs one "
           "TANDEM_PLUGIN line");
  }
  if (std::memcmp(&library->get<const Stamp>(stamp_symbol), &stamp, sizeof(Stamp)) != 0) {
    refuse(file, "exports another stamp than its file shows; build it with tandem_add_plugin()");
  }
  Collector collector;
  try {
    library->get<RegisterFunction>(register_symbol)(collector);
  } catch (...) {
    rethrow_as_error("plugin " + file.string() + " failed while registering");
  }
  require_as_stamped(file, stamp, collector.factories);
  return std::move(collector.factories);
}

Factories open_library(const std::filesystem::path& file, const Stamp& stamp) {
  return open_library(file, stamp, identity_of(file));
}

}  // namespace tandem::plugin
