#include "catch.hpp"
#include "models.hpp"
#include "temporary_folder.hpp"

#include <cstdlib>
#include <thread>

using namespace tandem;
using namespace tandem::test;

namespace {

const std::filesystem::path elsewhere = TANDEM_FIXTURE_PLUGINS "/../torch_plugins";

host::LearnerOptions with(const std::string& objective, const std::string& parameters = "") {
  host::LearnerOptions options;
  options.objective = objective;
  options.parameters = parameters;
  return options;
}

std::string refusal(ErrorKind kind, const host::LearnerOptions& options) {
  return error_of(kind, [&] { host::Learner(8, options); });
}

class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Environment() { unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
};

class WorkingFolder {
 public:
  explicit WorkingFolder(const std::filesystem::path& folder)
      : before_(std::filesystem::current_path()) {
    std::filesystem::current_path(folder);
  }
  ~WorkingFolder() { std::filesystem::current_path(before_); }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;

 private:
  std::filesystem::path before_;
};

}  // namespace

TEST_CASE("plugins: beside the library, by file, by folder, by the environment; never from here") {
  CHECK(host::Learner(8, with("simsiam")).width() == 8);
  const std::string unknown = "no plugin provides the objective 'counting'";
  CHECK(contains(refusal(ErrorKind::plugin, with("counting")), unknown));
  {
    const WorkingFolder here(elsewhere);
    CHECK(contains(refusal(ErrorKind::plugin, with("counting")), unknown));
  }
  auto options = with("counting");
  options.plugins = {elsewhere / "counting.so"};
  CHECK(host::Learner(8, options).width() == 8);
  options.plugins = {elsewhere};
  CHECK(host::Learner(8, options).width() == 8);
  options.plugins = {std::string(5000, 'x')};
  CHECK(contains(refusal(ErrorKind::plugin, options), "File name too long"));
  const Environment path("TANDEM_PLUGIN_PATH", elsewhere.string());
  CHECK(host::Learner(8, with("counting")).width() == 8);
}

TEST_CASE("learners that are made on two threads: a plugin makes one object at a time") {
  auto options = with("counting");
  options.plugins = {elsewhere / "counting.so"};
  std::string first, second;
  const auto make = [&](std::string& error) {
    for (int i = 0; i < 20 && error.empty(); ++i) {
      const auto told = refusal(ErrorKind::plugin, options);
      if (told != "no error") error = told;
    }
  };
  std::thread other([&] { make(second); });
  make(first);
  other.join();
  CHECK(first + second == "");
}

TEST_CASE("an unknown objective and a wrong parameter are told with the nearest names") {
  CHECK(contains(refusal(ErrorKind::plugin, with("barlow_twin")), "did you mean 'barlow_twins'?"));
  const auto text = refusal(ErrorKind::config, with("barlow_twins", "lamda = 0.1\nscale = -1"));
  CHECK(contains(text,
                 "parameters of objective 'barlow_twins':1:1: error: unknown key 'lamda' in "
                 "[objective] (objective 'barlow_twins')"));
  CHECK(contains(text, "did you mean 'lambda'?"));
  CHECK(contains(text, "'scale' in [objective]: must be above 0"));
  CHECK(contains(refusal(ErrorKind::config, with("barlow_twins", "lambda =")), "not TOML"));
}

TEST_CASE("a plugin's backbone in the same form") {
  torch::manual_seed(15);
  const auto x = torch::randn({4, 3, 16, 16});
  const host::BackbonePlugin resnet{"resnet10", "width = 8\nstem = \"cifar\""};
  auto options = with("byol", "projector = [6]\npredictor_hidden = 4\ntau_schedule = \"constant\"");
  host::Learner learner(resnet, "layer2", options, x);
  CHECK(learner.width() == 16);
  const auto loss = learner(x, x.flip(3));
  loss.backward();
  learner.step_done();
  CHECK(learner.parameters().front().grad().defined());
  CHECK(contains(error_of(ErrorKind::config, [&] { host::Learner(resnet, "layer9", options, x); }),
                 "did you mean 'layer"));
  CHECK(contains(
      error_of(ErrorKind::config,
               [&] {
                 host::Learner(host::BackbonePlugin{"resnet10", "widht = 8"}, "", options, x);
               }),
      "did you mean 'width'?"));
  CHECK(contains(error_of(ErrorKind::plugin,
                          [&] { host::Learner(host::BackbonePlugin{"resnet19"}, "", options, x); }),
                 "did you mean 'resnet"));
}

TEST_CASE("a TorchScript archive of the caller's, through its plugin") {
  const TemporaryFolder folder;
  const std::string file = (folder / "net.pt").string();
  const std::string script =
      "import torch; from torch import nn; torch.jit.script(nn.Sequential(nn.Conv2d(3, 8, 3), "
      "nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 5, 3))).save('" +
      file + "')";
  REQUIRE(std::system((TANDEM_PYTHON " -c \"" + script + "\"").c_str()) == 0);
  torch::manual_seed(17);
  const auto x = torch::randn({4, 3, 12, 12});
  host::BackbonePlugin archive{"torchscript", "file = \"" + file + "\""};
  const auto options = with("barlow_twins", "projector = [6]");
  CHECK(contains(error_of(ErrorKind::config, [&] { host::Learner(archive, "2", options, x); }),
                 "trust"));
  archive.trust = true;
  host::Learner learner(archive, "2", options, x);
  CHECK(learner.width() == 8);
  learner(x, x.flip(3)).backward();
  CHECK(names_of(learner) == std::vector<std::string>{"backbone.0.weight", "backbone.0.bias",
                                                      "backbone.1.weight", "backbone.1.bias",
                                                      "objective.projector.0.weight"});
}
