#include "run/initial_weights.hpp"

#include "catch.hpp"
#include "checkpoint/weights.hpp"
#include "roles/backbone.hpp"
#include "tandem/base/error.hpp"
#include "temporary_folder.hpp"

#include <torch/types.h>

using namespace tandem;

namespace {

class KeepLog final : public Log {
 public:
  void write(LogLevel, std::string_view message) override { text += std::string(message) + "\n"; }
  bool says(const std::string& part) const { return text.find(part) != std::string::npos; }
  std::string text;
};

plugin::Catalog& catalog() {
  static plugin::Catalog made = [] {
    plugin::Catalog one(null_log());
    one.add_file(TANDEM_PLUGIN_DIR "/resnet.so");
    return one;
  }();
  return made;
}

/// A narrow network of an id up to a tap, with random weights and statistics.
std::unique_ptr<roles::HostEncoder> encoder(const std::string& id, const std::string& tap = "") {
  const auto found = catalog().find_as<BackboneFactory>(Role::backbone, id);
  const Schema& schema = found.factory->schema();
  auto values = defaults(schema);
  values[static_cast<std::size_t>(schema.find("width") - schema.params.data())] = std::int64_t{2};
  auto made = std::make_unique<roles::HostEncoder>(
      roles::make_backbone(found, values, {tap, 3, false, &null_log()}), roles::Pooling("auto"),
      torch::zeros({2, 3, 32, 32}), null_log());
  const torch::NoGradGuard no_grad;
  for (const auto& item : state_of(*made).buffers)
    item.tensor.is_floating_point() ? item.tensor.uniform_(1, 2) : item.tensor.fill_(7);
  return made;
}

/// Every tensor of `a` has the bits of its namesake in `b`.
bool equal_bits(Stateful& a, Stateful& b) {
  const auto [parameters, buffers] = state_of(a);
  const auto others = state_of(b);
  std::map<std::string, at::Tensor> by_name;
  for (const auto* list : {&others.parameters, &others.buffers})
    for (const auto& item : *list) by_name[item.name] = item.tensor;
  for (const auto* list : {&parameters, &buffers})
    for (const auto& item : *list)
      if (!torch::equal(item.tensor, by_name.at(item.name))) return false;
  return !parameters.empty();
}

using run::load_initial_weights;

}  // namespace

TEST_CASE("initial weights are the file's, bit by bit") {
  const TemporaryFolder folder;
  const auto saved = encoder("resnet18");
  checkpoint::save_weights(folder / "w", *saved);
  const auto fresh = encoder("resnet18");
  CHECK_FALSE(equal_bits(*fresh, *saved));
  KeepLog log;
  const auto told = load_initial_weights({folder / "w", ""}, *fresh, log);
  CHECK(equal_bits(*fresh, *saved));
  CHECK(told.at("tensors") == 120);
  CHECK(told.at("left_out") == 0);
  CHECK(load_initial_weights({}, *fresh, log).is_null());
}

TEST_CASE("layers behind the tap are left out and told; a deeper network's are refused") {
  const TemporaryFolder folder;
  const auto whole = encoder("resnet18", "fc"), deeper = encoder("resnet34");
  checkpoint::save_weights(folder / "w", *whole);
  checkpoint::save_weights(folder / "deeper", *deeper);
  const auto cut = encoder("resnet18", "layer3");
  KeepLog log;
  load_initial_weights({folder / "w", ""}, *cut, log);
  CHECK(equal_bits(*cut, *whole));
  CHECK(log.says("w: 32 tensors behind the tapped layer, left out: "));
  try {
    load_initial_weights({folder / "deeper", ""}, *encoder("resnet18"), log);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::checkpoint);
    const std::string text = error.what();
    CHECK(text.find("are unknown: layer1.2.") != std::string::npos);
    CHECK(text.find("missing") == std::string::npos);
  }
}

TEST_CASE("files of old lack the counters of batches") {
  const TemporaryFolder folder;
  const auto saved = encoder("resnet18");
  State state = state_of(*saved);
  std::erase_if(state.buffers, [](const NamedTensor& item) {
    return item.name.find("num_batches_tracked") != std::string::npos;
  });
  checkpoint::save_weights(folder / "w", state);
  KeepLog log;
  const auto fresh = encoder("resnet18");
  CHECK(load_initial_weights({folder / "w", ""}, *fresh, log).at("tensors") == 100);
  CHECK(equal_bits(*fresh, *saved));
  CHECK(log.says("20 tensors that it lacks"));
}
