#include "run/full_paths.hpp"

#include "catch.hpp"
#include "temporary_folder.hpp"

namespace fs = std::filesystem;
using tandem::run::in_full;

TEST_CASE("a path in full is what the system opens by the path as it is given") {
  const TemporaryFolder here;
  const fs::path base = fs::canonical(here.path());
  const auto full = [&](const std::string& path) { return in_full((base / path).string()); };
  const auto at = [&](const std::string& path) { return (base / path).string(); };
  fs::create_directories(base / "real/inner/below");
  fs::create_directory_symlink("real/inner", base / "link");
  fs::create_directory_symlink("nowhere", base / "broken");
  for (const char* file : {"real/x", "x"}) write_file(base / file, file);

  for (const char* path : {"link/../x", "link/below/../../x", "./link/./../x", "link//../x"}) {
    CAPTURE(path);
    CHECK(full(path) == at("real/x"));
    CHECK(fs::equivalent(full(path), base / path));
  }
  // Above a link of a link is what lies above the last folder.
  fs::create_directory_symlink("link/below", base / "further");
  CHECK(full("further/../..") == at("real"));
  CHECK(full("link/../set-{000..123}.tar") == at("real/set-{000..123}.tar"));
  // What a link is called stays: its ending may say what it is.
  CHECK(full("link") == at("link"));
  CHECK(full("link/x") == at("link/x"));
  CHECK(full("missing/../x") == at("x"));
  CHECK(full("missing/x") == at("missing/x"));
  CHECK(full("broken/../x") == at("x"));
  CHECK(in_full("/../x") == "/x");
  CHECK(fs::path(in_full("x")) == fs::current_path() / "x");
}
