// A plugin that does not fit is refused before any of its code runs.
#include "catch.hpp"
#include "forgeries.hpp"
#include "plugin/catalog.hpp"
#include "tandem/base/error.hpp"

#include <cstdlib>
#include <set>

using namespace tandem;

namespace {

const std::filesystem::path original =
    std::filesystem::path(TANDEM_FIXTURE_PLUGINS) / "leaves_mark.so";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Names the file that the plugin writes to once it is loaded.
class Mark {
 public:
  Mark() { ::setenv("LEAVES_MARK", file().c_str(), 1); }
  ~Mark() { ::unsetenv("LEAVES_MARK"); }
  bool left() const { return std::filesystem::exists(file()); }

 private:
  std::filesystem::path file() const { return folder_ / "mark"; }
  TemporaryFolder folder_;
};

/// Tries all that a command may do with a file, and returns the message.
std::string refusal(const std::filesystem::path& file) {
  plugin::Catalog catalog(null_log());
  try {
    catalog.add_file(file);
    catalog.find(Role::augmentation, "nothing");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::plugin);
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("each forgery has a message of its own, and none of its code runs") {
  const Mark mark;
  const TemporaryFolder folder;
  std::set<std::string> messages;
  for (const auto& [name, parts, make] : forgeries()) {
    const auto file = folder / (name + ".so");
    make(original, file);
    auto message = refusal(file);
    CAPTURE(message);
    for (const auto& part : parts) CHECK(has(message, part));
    for (const char* part : {"found ", ", expected ", "; "}) CHECK(has(message, part));
    CHECK(message.rfind("plugin " + file.string() + " ", 0) == 0);
    messages.insert(message.replace(7, file.string().size(), "FILE"));
    CHECK_FALSE(mark.left());
  }
  CHECK(messages.size() == forgeries().size());

  plugin::Catalog catalog(null_log());
  catalog.add_folder(folder.path());
  CHECK(catalog.files().size() == forgeries().size());
  CHECK(catalog.ids(Role::augmentation).empty());
  CHECK_FALSE(mark.left());
}

TEST_CASE("the same plugin, not forged, runs code as soon as it is asked for, and not before") {
  const Mark mark;
  plugin::Catalog catalog(null_log());
  catalog.add_file(original);
  CHECK_FALSE(mark.left());
  catalog.find(Role::augmentation, "nothing");
  CHECK(mark.left());
}
