// What a plugin leaves behind lives on when its instance, the catalog and every handle are gone.
#include "catch.hpp"
#include "plugin/catalog.hpp"
#include "roles/objective.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/testing.hpp"
#include "temporary_folder.hpp"

#include <ATen/Functions.h>
#include <dlfcn.h>

using namespace tandem;
using plugin::Catalog;

namespace {

const std::filesystem::path plugins = TANDEM_FIXTURE_PLUGINS;

/// The same plugin by each compiler there is. By g++ without STB_GNU_UNIQUE, which would keep it
/// mapped by accident.
std::vector<std::filesystem::path> builds() {
  std::vector<std::filesystem::path> files = {plugins / "outlives.so"};
  if (std::filesystem::exists(plugins / "outlives_clang.so"))
    files.push_back(plugins / "outlives_clang.so");
  else
    WARN("not tried with clang: there was no clang++ when this was built");
  return files;
}

bool mapped(const std::filesystem::path& file) {
  return read_file("/proc/self/maps").find(file.string()) != std::string::npos;
}

/// Closes the library as often as it was ever opened, which any part of a process may do.
void close_for_good(const std::filesystem::path& file) {
  for (int i = 0; i < 8; ++i) {
    void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_NOLOAD);
    if (handle == nullptr) return;
    while (::dlclose(handle) == 0 && i < 8) ++i;
  }
}

plugin::Found<ObjectiveFactory> cubes(Catalog& catalog, const std::filesystem::path& file) {
  catalog.add_file(file);
  return catalog.find_as<ObjectiveFactory>(Role::objective, "cubes");
}

ObjectiveContext context() {
  return testing::toy_context(testing::toy_encoder(3, 2), 4);
}

at::Tensor leaf() {
  return at::arange(1, 5, at::kDouble).reshape({2, 2}).set_requires_grad(true);
}

at::Tensor loss_of(Objective& objective, const at::Tensor& online) {
  const std::vector<Embedding> views = {{online, {}, {}}};
  return objective.loss(views, {}).total;
}

/// d Σx³ / dx
bool right_gradient(const at::Tensor& x) {
  return at::equal(x.grad(), at::tensor({3.0, 12.0, 27.0, 48.0}).reshape({2, 2}).to(at::kDouble));
}

}  // namespace

TEST_CASE("a loss outlives its objective, the catalog and the library's handles") {
  for (const auto& file : builds()) {
    CAPTURE(file.string());
    const auto x = leaf();
    at::Tensor loss;
    {
      Catalog catalog(null_log());
      loss = loss_of(*roles::make_objective(cubes(catalog, file), {false}, context()), x);
    }
    close_for_good(file);
    loss.backward();
    CHECK(right_gradient(x));
    CHECK(mapped(file));
  }
}

TEST_CASE("an object outlives the catalog and the library's handles") {
  for (const auto& file : builds()) {
    CAPTURE(file.string());
    std::unique_ptr<Objective> objective;
    {
      Catalog catalog(null_log());
      objective = cubes(catalog, file).factory->create({false}, context());
    }
    close_for_good(file);
    const auto x = leaf();
    loss_of(*objective, x).backward();
    CHECK(right_gradient(x));
    objective.reset();
    CHECK(mapped(file));
  }
}

TEST_CASE("an exception of a plugin's own type outlives the catalog and the library's handles") {
  for (const auto& file : builds()) {
    CAPTURE(file.string());
    std::string what;
    try {
      Catalog catalog(null_log());
      cubes(catalog, file).factory->create({true}, context());
    } catch (const std::exception& error) {
      close_for_good(file);
      what = error.what();
    }
    CHECK(what == "a fault of the plugin's own");
    CHECK(mapped(file));
  }
}

TEST_CASE("a plugin that is built as the SDK builds it stays where nobody asked for that") {
  const auto file = plugins / "leaves_mark.so";
  void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  REQUIRE(handle != nullptr);
  CHECK(::dlclose(handle) == 0);
  CHECK(mapped(file));
}
