#include "plugin/catalog.hpp"

#include "catch.hpp"
#include "forge.hpp"
#include "plugin/augmentation.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>

using namespace tandem;
using plugin::Catalog;

namespace {

const std::filesystem::path plugins = TANDEM_FIXTURE_PLUGINS;

class KeepLog final : public Log {
 public:
  void write(LogLevel level, std::string_view message) override {
    if (level >= LogLevel::warning) warnings += std::string(message) + "\n";
  }
  std::string warnings;
};

template <class Call>
Error error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::internal, "no error"};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// True where the library is mapped into this process.
bool mapped(const std::string& name) {
  return has(read_file("/proc/self/maps"), name);
}

std::unique_ptr<Augmentation> failing(Catalog& catalog, const std::string& how) {
  return plugin::make_augmentation(catalog.find_as<AugmentationFactory>(Role::augmentation, "fail"),
                                   {how});
}

}  // namespace

TEST_CASE("listing maps nothing; asking opens just what is asked for") {
  TemporaryFolder folder;
  std::filesystem::copy(plugins / "good_ops.so", folder / "asked_for.so");
  std::filesystem::copy(plugins / "throws_on_register.so", folder / "left_alone.so");
  KeepLog log;
  Catalog catalog(log);
  catalog.add_folder(folder.path());
  CHECK(catalog.ids(Role::augmentation) == std::vector<std::string>{"bad", "fail", "invert"});
  CHECK_FALSE(mapped("asked_for.so"));

  const auto found = catalog.find_as<AugmentationFactory>(Role::augmentation, "invert");
  CHECK(mapped("asked_for.so"));
  CHECK_FALSE(mapped("left_alone.so"));
  CHECK(found.origin.plugin == "good_ops");

  Image image(1, 2, 1);
  image.u8()[0] = 10, image.u8()[1] = 255;
  Random random({});
  plugin::make_augmentation(found, {})->apply(image, random);
  CHECK(image.u8()[0] == 245);
  CHECK(image.u8()[1] == 0);
}

TEST_CASE("an unknown id is told with the nearest ones") {
  Catalog catalog(null_log());
  catalog.add_file(plugins / "good_ops.so");
  const auto error = error_of([&] { catalog.find(Role::augmentation, "invrt"); });
  CHECK(error.kind() == ErrorKind::plugin);
  CAPTURE(std::string(error.what()));
  CHECK(has(error.what(), "no plugin provides the augmentation 'invrt'; did you mean 'invert'?"));
  CHECK(has(error_of([&] { catalog.find(Role::objective, "invert"); }).what(),
            "the objective 'invert'"));
  const std::string hostile = "a\n\x1b" + std::string(5000, 'b');
  const auto told = error_of([&] { catalog.find(Role::objective, hostile); });
  CHECK(has(told.what(), "the objective 'a\uFFFD\uFFFDbbb"));
  CHECK(std::string(told.what()).size() < 500);
}

TEST_CASE("a plugin that does not fit is refused and none of it is mapped") {
  TemporaryFolder folder;
  const auto forged = folder / "other_torch.so";
  forge(plugins / "good_ops.so", forged,
        [](Stamp& stamp) { std::strncpy(stamp.libtorch, "1.13", 12); });
  Catalog catalog(null_log());
  CHECK(
      has(error_of([&] { catalog.add_file(forged); }).what(), "LibTorch: found 1.13, expected 2."));

  catalog.add_folder(folder.path());
  CHECK(catalog.ids(Role::augmentation).empty());
  const auto error = error_of([&] { catalog.find(Role::augmentation, "invert"); });
  CHECK(error.kind() == ErrorKind::plugin);
  CHECK(has(error.what(), "build both against the same LibTorch"));
  CHECK_FALSE(mapped("other_torch.so"));
}

TEST_CASE("the first of two plugins with one id is meant, and the log says so") {
  TemporaryFolder folder;
  std::filesystem::copy(plugins / "good_ops.so", folder / "a.so");
  std::filesystem::copy(plugins / "good_ops.so", folder / "b.so");
  KeepLog log;
  Catalog catalog(log);
  catalog.add_file(folder / "b.so");
  catalog.add_folder(folder.path());
  CHECK(
      has(log.warnings, "augmentation 'invert' of " + (folder / "a.so").string() + " is not used"));
  CHECK(catalog.find(Role::augmentation, "invert").origin.file == folder / "b.so");
}

TEST_CASE("a plugin that fails while registering is named") {
  Catalog catalog(null_log());
  catalog.add_file(plugins / "throws_on_register.so");
  const auto error = error_of([&] { catalog.find(Role::augmentation, "bad"); });
  CHECK(error.kind() == ErrorKind::plugin);
  CHECK(has(error.what(), "throws_on_register.so failed while registering: no parameters today"));
}

TEST_CASE("whatever a plugin throws becomes one clear error") {
  Catalog catalog(null_log());
  catalog.add_file(plugins / "good_ops.so");
  Image image(1, 1, 1);
  Random random({});
  const auto thrown = [&](const std::string& how) {
    return error_of([&] { failing(catalog, how)->apply(image, random); });
  };
  const auto plain = thrown("exception");
  CHECK(plain.kind() == ErrorKind::plugin);
  CHECK(has(plain.what(), "plugin good_ops 1.2 ("));
  CHECK(has(plain.what(), "good_ops.so), 'fail', apply: made to fail"));
  CHECK_FALSE(has(plain.what(), "second line"));
  CHECK(has(thrown("construction").what(), "construction: made to fail"));
  CHECK(thrown("memory").kind() == ErrorKind::resource);
  CHECK(has(thrown("number").what(), "no std::exception"));
  CHECK(thrown("error").kind() == ErrorKind::data);
  CHECK(thrown("error").what() == std::string("the host's own"));
}

TEST_CASE("a folder that is missing is an error") {
  Catalog catalog(null_log());
  CHECK(error_of([&] { catalog.add_folder("/nowhere/at/all"); }).kind() == ErrorKind::plugin);
}

TEST_CASE("a file's SHA-256 is the published one") {
  TemporaryFolder folder;
  write_file(folder / "abc", "abc");  // FIPS 180-2, appendix B.1
  CHECK(plugin::sha256(folder / "abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
