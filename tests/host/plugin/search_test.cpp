// Which files may become code: permissions, and a file that changes under the host's hands.
#include "catch.hpp"
#include "forge.hpp"
#include "plugin/catalog.hpp"
#include "plugin/permissions.hpp"
#include "tandem/base/error.hpp"

using namespace tandem;
namespace fs = std::filesystem;

namespace {

const fs::path original = fs::path(TANDEM_FIXTURE_PLUGINS) / "good_ops.so";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A folder with a plugin `ops.so` in it.
class Place {
 public:
  Place() {
    fs::create_directory(folder());
    fs::copy_file(original, file());
  }
  fs::path folder() const { return outside_ / "inside"; }
  fs::path file() const { return folder() / "ops.so"; }
  fs::path operator/(const std::string& name) const { return outside_ / name; }
  void open_to_all(const fs::path& path, bool sticky = false) const {
    fs::permissions(path, fs::perms::all | (sticky ? fs::perms::sticky_bit : fs::perms::none));
  }

 private:
  TemporaryFolder outside_;
};

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::plugin);
    return error.what();
  }
  return "accepted";
}

std::string adding(const fs::path& file) {
  return message_of([&] {
    plugin::Catalog catalog(null_log());
    catalog.add_file(file);
  });
}

/// The problem of the one file that a folder holds.
std::string searching(const fs::path& folder) {
  plugin::Catalog catalog(null_log());
  catalog.add_folder(folder);
  REQUIRE(catalog.files().size() == 1);
  CHECK(catalog.ids(Role::augmentation).empty() == !catalog.files()[0].problem.empty());
  return catalog.files()[0].problem;
}

std::string remedy(const fs::path& path) {
  return "expected no writing by everyone; chmod o-w '" + fs::canonical(path).string() + "'";
}

}  // namespace

TEST_CASE("a file that everyone may write is refused, and so is one in such a folder") {
  const Place place;
  CHECK(adding(place.file()) == "accepted");
  CHECK(searching(place.folder()).empty());

  place.open_to_all(place.folder());
  CHECK(has(adding(place.file()), remedy(place.folder())));
  CHECK(has(adding(place.file()), "ops.so could be anyone's code:\n  permissions of "));
  CHECK(has(adding(place.file()), "inside: found 0777, expected"));
  CHECK(has(searching(place.folder()), remedy(place.folder())));
  place.open_to_all(place.folder(), true);
  CHECK(adding(place.file()) == "accepted");
  CHECK(has(searching(place.folder()), "found 1777, expected"));

  fs::permissions(place.folder(), fs::perms::owner_all);
  place.open_to_all(place.file());
  CHECK(has(adding(place.file()), remedy(place.file())));
  CHECK(has(searching(place.folder()), remedy(place.file())));
}

TEST_CASE("permissions are those behind symbolic links") {
  const Place place;
  fs::create_directory(place / "links");
  fs::create_symlink(place.file(), place / "links/link.so");
  fs::create_directory_symlink(place.folder(), place / "way");
  CHECK(adding(place / "links/link.so") == "accepted");

  place.open_to_all(place.folder());
  CHECK(has(adding(place / "links/link.so"), remedy(place.folder())));
  CHECK(has(searching(place / "links"), remedy(place.folder())));
  CHECK(has(searching(place / "way"), remedy(place.folder())));
  fs::permissions(place.folder(), fs::perms::owner_all);
  place.open_to_all(place / "links");
  CHECK(has(adding(place / "links/link.so"), remedy(place / "links")));
}

TEST_CASE("a file that was exchanged after it was looked at is not loaded") {
  const Place place;
  plugin::Catalog catalog(null_log());
  catalog.add_file(place.file());
  SECTION("by another file") {
    fs::copy_file(original, place / "other.so");
    fs::rename(place / "other.so", place.file());
  }
  SECTION("by other bytes") {
    fs::last_write_time(place.file(), fs::file_time_type::clock::now() + std::chrono::hours(1));
  }
  SECTION("by nothing") {
    fs::remove(place.file());
  }
  const auto message = message_of([&] { catalog.find(Role::augmentation, "invert"); });
  CAPTURE(message);
  CHECK(has(message, "plugin " + place.file().string()));
  CHECK((has(message, "changed while it was being loaded") || has(message, "No such file")));
  CHECK_FALSE(has(read_file("/proc/self/maps"), place.file().string()));
  CHECK_FALSE(catalog.files()[0].opened());
}

TEST_CASE("what was loaded has its hash, what was not has none") {
  const Place place;
  plugin::Catalog catalog(null_log());
  catalog.add_file(place.file());
  CHECK(catalog.files()[0].sha256.empty());
  catalog.find(Role::augmentation, "invert");
  CHECK(catalog.files()[0].sha256 == plugin::sha256(original));
}
