#include "checkpoint/weights.hpp"
#include "catch.hpp"
#include "tandem/base/error.hpp"
#include "tandem/sdk/module.hpp"

#include <stdlib.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <fstream>
#include <functional>
#include <iterator>

using namespace tandem::checkpoint;
using tandem::formats::SafetensorsFile;
using tandem::formats::TensorType;

namespace {

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "tandem-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path operator/(const std::string& name) const { return path / name; }
  std::filesystem::path path;
};

std::string get(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A convolution and a BatchNorm of `channels`, under a prefix.
class Net final : public tandem::WithModules<tandem::Stateful> {
 public:
  explicit Net(std::int64_t channels, const std::string& prefix = "")
      : conv(add(prefix + "conv", torch::nn::Conv2d(3, channels, 3))),
        norm(add(prefix + "norm", torch::nn::BatchNorm2d(channels))) {}
  torch::nn::Conv2d conv;
  torch::nn::BatchNorm2d norm;
};

/// A single tensor under a name.
class One final : public tandem::Stateful {
 public:
  One(std::string name, at::Tensor tensor) : name_(std::move(name)), tensor_(std::move(tensor)) {}
  void visit(tandem::StateVisitor& visitor) override { visitor.buffer(name_, tensor_); }
  void train(bool) override {}
  void to(at::Device, at::ScalarType) override {}

 private:
  std::string name_;
  at::Tensor tensor_;
};

std::string failure(const std::function<void()>& body,
                    tandem::ErrorKind kind = tandem::ErrorKind::checkpoint) {
  try {
    body();
  } catch (const tandem::Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "";
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Puts a byte into a file in place: one that is cut and written again may go to disk at once.
void put(const std::filesystem::path& path, std::size_t at, char byte) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at)).put(byte);
}

}  // namespace

TEST_CASE("weights come back as they were saved") {
  const Folder folder;
  Net saved(4), loaded(4);
  {
    const torch::NoGradGuard no_grad;
    saved.norm->running_mean.uniform_();
    saved.norm->num_batches_tracked.fill_(7);
  }
  save_weights(folder / "w", saved, {{"objective", "byol"}});
  const LoadResult result = load_weights(folder / "w", loaded);
  CHECK((result.missing.empty() && result.extra.empty()));
  CHECK(torch::equal(saved.conv->weight, loaded.conv->weight));
  CHECK(torch::equal(saved.conv->bias, loaded.conv->bias));
  CHECK(torch::equal(saved.norm->running_mean, loaded.norm->running_mean));
  CHECK(loaded.norm->num_batches_tracked.item<std::int64_t>() == 7);
  CHECK(loaded.conv->weight.requires_grad());
}

TEST_CASE("the file holds the tensors row by row, with names and metadata") {
  const Folder folder;
  Net net(2);
  {
    const torch::NoGradGuard no_grad;
    net.conv->weight.copy_(torch::arange(54).view({2, 3, 3, 3}));
    net.conv->weight.set_data(net.conv->weight.contiguous(at::MemoryFormat::ChannelsLast));
  }
  save_weights(folder / "w", net, {{"epoch", "3"}});
  const auto file = SafetensorsFile::open(folder / "w");
  CHECK(file.metadata() == tandem::formats::Metadata{{"epoch", "3"}});
  CHECK(file.tensors().size() == 7);
  REQUIRE(file.find("norm.num_batches_tracked"));
  CHECK(file.find("norm.num_batches_tracked")->type == TensorType::i64);
  CHECK(file.find("norm.num_batches_tracked")->shape.empty());
  REQUIRE(file.find("conv.weight"));
  CHECK(file.find("conv.weight")->shape == std::vector<std::int64_t>{2, 3, 3, 3});
  std::vector<float> values(54);
  file.read(*file.find("conv.weight"), values.data());
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(values[i] == static_cast<float>(i));

  // Loading keeps the layout that the network has.
  Net other(2);
  other.conv->weight.set_data(other.conv->weight.contiguous(at::MemoryFormat::ChannelsLast));
  load_weights(folder / "w", other);
  CHECK(torch::equal(other.conv->weight, net.conv->weight));
  CHECK(other.conv->weight.is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST_CASE("equal weights give equal files") {
  const Folder folder;
  Net net(4);
  save_weights(folder / "a", net, {{"k", "v"}, {"j", "w"}});
  save_weights(folder / "b", net, {{"j", "w"}, {"k", "v"}});
  CHECK(get(folder / "a") == get(folder / "b"));
}

TEST_CASE("any bit of the data that was flipped is told, and nothing is changed") {
  const Folder folder;
  Net saved(4), loaded(4);
  const at::Tensor before = loaded.conv->weight.detach().clone();
  save_weights(folder / "w", saved, {{"objective", "byol"}});
  const std::string whole = get(folder / "w");
  const std::size_t data = bytes_of(tandem::state_of(saved));
  std::size_t told = 0;
  for (std::size_t at = whole.size() - data; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      put(folder / "w", at, static_cast<char>(whole[at] ^ 1 << bit));
      const std::string message = failure([&] { load_weights(folder / "w", loaded); });
      if (says(message, (folder / "w").string() + ": its data is damaged")) ++told;
    }
    put(folder / "w", at, whole[at]);
  }
  CHECK(told == 8 * data);
  CHECK(torch::equal(loaded.conv->weight, before));
  load_weights(folder / "w", loaded);
  CHECK(torch::equal(loaded.conv->weight, saved.conv->weight));
}

TEST_CASE("weights of a program that writes no checksum load") {
  const Folder folder;
  Net saved(4), loaded(4);
  save_weights(folder / "w", saved);
  const std::string whole = get(folder / "w"), key = R"("data_crc32c":")";
  const std::size_t at = whole.find(key);
  REQUIRE(at != std::string::npos);
  // Spaces for the key, its eight digits and the quote behind them.
  for (std::size_t i = 0; i < key.size() + 9; ++i) put(folder / "w", at + i, ' ');
  load_weights(folder / "w", loaded);
  CHECK(torch::equal(loaded.conv->weight, saved.conv->weight));
}

TEST_CASE("every element type survives") {
  const Folder folder;
  for (const auto type : {at::kBool, at::kByte, at::kChar, at::kShort, at::kInt, at::kLong,
                          at::kHalf, at::kBFloat16, at::kFloat, at::kDouble}) {
    One saved("t", torch::tensor({0, 1, 2, 100}).to(type)), loaded("t", torch::zeros({4}, type));
    save_weights(folder / "w", saved);
    load_weights(folder / "w", loaded);
    CHECK(torch::equal(tandem::state_of(saved).buffers[0].tensor,
                       tandem::state_of(loaded).buffers[0].tensor));
  }
  One complex("t", torch::zeros({1}, at::kComplexFloat));
  CHECK(says(failure([&] { save_weights(folder / "w", complex); }, tandem::ErrorKind::internal),
             "ComplexFloat"));
}

TEST_CASE("floating-point types convert, others do not") {
  const Folder folder;
  const at::Tensor thirds = torch::arange(4).to(at::kFloat) / 3;
  One saved("t", thirds);
  save_weights(folder / "w", saved);
  One wider("t", torch::zeros({4}, at::kDouble)), integers("t", torch::zeros({4}, at::kLong));
  load_weights(folder / "w", wider);
  CHECK(torch::equal(tandem::state_of(wider).buffers[0].tensor, thirds.to(at::kDouble)));
  CHECK(says(failure([&] { load_weights(folder / "w", integers); }),
             "t: F32 [4] in the file, I64 [4] here"));
}

TEST_CASE("all that does not fit is told at once, and nothing is changed") {
  const Folder folder;
  Net net(4);
  const at::Tensor before = net.norm->weight.detach().clone();
  tandem::State state = tandem::state_of(net);
  state.parameters.erase(state.parameters.begin() + 1);  // conv.bias
  state.parameters[0].tensor = torch::zeros({4, 3, 5, 5});
  state.parameters[1].tensor = torch::zeros({4});  // norm.weight, which fits
  state.buffers.push_back({"queue", torch::zeros({2})});
  save_weights(folder / "w", state);
  const std::string message = failure([&] { load_weights(folder / "w", net); });
  CHECK(says(message, (folder / "w").string()));
  CHECK(says(message, "1 tensor is missing: conv.bias"));
  CHECK(says(message, "1 tensor is unknown: queue"));
  CHECK(says(message,
             "1 tensor differs: conv.weight: F32 [4, 3, 5, 5] in the file, F32 [4, 3, 3, 3] here"));
  CHECK(torch::equal(net.norm->weight, before));
  CHECK(failure([&] { load_weights(folder / "w", net, {false, ""}); }) != "");
}

TEST_CASE("a load that is not strict says what it left out") {
  const Folder folder;
  Net net(4);
  tandem::State state = tandem::state_of(net);
  state.parameters.erase(state.parameters.begin() + 1);
  state.buffers.push_back({"queue", torch::zeros({2})});
  save_weights(folder / "w", state);
  Net other(4);
  const LoadResult result = load_weights(folder / "w", other, {false, ""});
  CHECK(result.missing == std::vector<std::string>{"conv.bias"});
  CHECK(result.extra == std::vector<std::string>{"queue"});
  CHECK(torch::equal(other.conv->weight, net.conv->weight));
}

TEST_CASE("a file of which nothing fits is refused, strict or not") {
  const Folder folder;
  One stranger("t", torch::zeros({1}));
  save_weights(folder / "w", stranger);
  Net net(4);
  const std::string message = failure([&] { load_weights(folder / "w", net, {false, ""}); });
  CHECK(says(message, "7 tensors are missing"));
}

TEST_CASE("a part of a file is loaded by its prefix") {
  const Folder folder;
  Net whole(4, "backbone."), part(4);
  tandem::State state = tandem::state_of(whole);
  state.parameters.push_back({"projector.weight", torch::zeros({1})});
  save_weights(folder / "w", state);
  load_weights(folder / "w", part, {true, "backbone."});
  CHECK(torch::equal(part.conv->weight, whole.conv->weight));
  CHECK(says(failure([&] { load_weights(folder / "w", part, {true, "target."}); }), "'target.'"));
}

TEST_CASE("tensors that share memory are stored each for itself") {
  const Folder folder;
  const at::Tensor shared = torch::arange(6).to(at::kFloat).view({2, 3});
  save_weights(folder / "w", tandem::State{{{"a", shared}, {"b", shared.t()}}, {}});
  const auto file = SafetensorsFile::open(folder / "w");
  float values[6] = {};
  file.read(*file.find("b"), values);
  CHECK((values[0] == 0 && values[1] == 3 && values[2] == 1 && values[5] == 5));
  CHECK(file.find("a")->bytes() == 24);
}
