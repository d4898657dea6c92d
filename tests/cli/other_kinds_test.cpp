// Objectives of other kinds, from a plugin that the program knows nothing of.
#include "catch.hpp"
#include "workplace.hpp"

#include <algorithm>
#include <cmath>

namespace {

const std::string plugin = std::string(TANDEM_FIXTURE_PLUGINS) + "/other_kinds.so";

const std::string two_views =
    "[[view]]\ncount = 2\nops = [{ use = \"random_resized_crop\", size = 12, scale = [0.3, 1.0] }, "
    "{ use = \"color_jitter\", brightness = 0.4 }]\n";
const std::string multi_crop =
    "[[view]]\ncount = 2\nrole = \"global\"\n"
    "ops = [{ use = \"random_resized_crop\", size = 12, scale = [0.4, 1.0] }]\n"
    "[[view]]\ncount = 4\nrole = \"local\"\ntarget = false\n"
    "ops = [{ use = \"random_resized_crop\", size = 8, scale = [0.1, 0.4] }]\n";

/// A run of 30 steps, ten an epoch, small enough for a test.
std::string toml(const std::string& objective, const std::string& views) {
  return "[run]\nthreads = 1\n"
         "[data]\nsource = \"synthetic\"\nsynthetic_count = 160\nsynthetic_size = 16\n"
         "synthetic_classes = 4\n"
         "[backbone]\nuse = \"resnet10\"\nwidth = 8\nstages = 1\nstem = \"cifar\"\n"
         "[objective]\n" +
         objective + views +
         "[optimizer]\nuse = \"adam\"\nlr = 3e-3\n[schedule]\nuse = \"constant\"\n"
         "[train]\nepochs = 3\nbatch_size = 16\nlog_every = 1\n"
         "[eval]\nholdout = 0\n";
}

/// The losses of all steps.
std::vector<double> train(const Workplace& here, const std::string& text,
                          const std::string& out = "run", const Words& more = {}) {
  write_file(here / "kind.toml", text);
  Words words = {"train", "kind.toml", "--plugin", plugin, "--out", out};
  words.insert(words.end(), more.begin(), more.end());
  const auto result = here.run(words);
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  std::vector<double> losses;
  for (const auto& event : events(here / out, "step")) losses.push_back(event.at("loss"));
  return losses;
}

double mean(const std::vector<double>& values, std::size_t from, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += values.at(from + i);
  return sum / static_cast<double>(count);
}

/// A tensor's bytes.
std::string tensor(const std::filesystem::path& file, const std::string& name) {
  const auto offsets = safetensors_header(file).at(name).at("data_offsets");
  const std::string bytes = read_file(file);
  std::size_t header = 0;
  for (std::size_t i = 8; i-- > 0;) header = header << 8 | static_cast<unsigned char>(bytes[i]);
  const std::size_t begin = offsets.at(0), end = offsets.at(1);
  return bytes.substr(8 + header + begin, end - begin);
}

}  // namespace

TEST_CASE("MoCo trains: a queue of keys, of one view only") {
  const Workplace here;
  const auto losses = train(
      here, toml("use = \"moco\"\nprojector = [32, 16]\nqueue = 64\nmomentum = 0.9\n", two_views));
  REQUIRE(losses.size() == 30);
  for (const double loss : losses) CHECK(std::isfinite(loss));
  // Against random keys of unit length in 16 dimensions the positive is found at once; then the
  // queue fills with keys that are like it.
  CHECK(losses.front() < std::log(65.0));
  CHECK(mean(losses, 25, 5) < mean(losses, 4, 5));
  const auto header = safetensors_header(here / "run/objective.safetensors");
  CHECK(header.at("queue.keys").at("shape") == Json({64, 16}));
  CHECK(header.at("queue.next").at("dtype") == "I64");
  // 30 batches of 16 keys: 480 = 7·64 + 32.
  CHECK(tensor(here / "run/objective.safetensors", "queue.next")[0] == 32);
}

TEST_CASE("DINO trains on two large views and four small ones that no teacher sees") {
  const Workplace here;
  const std::string text =
      toml("use = \"dino\"\nprojector = [32, 16]\nprototypes = 32\nmomentum = 0.9\n", multi_crop);
  const auto losses = train(here, text);
  REQUIRE(losses.size() == 30);
  // The centre keeps it from falling to 0, the sharpening from rising to that of guessing.
  CHECK(mean(losses, 25, 5) < std::log(32.0) / 1.5);
  CHECK(mean(losses, 25, 5) > 0.1);
  for (const auto& event : events(here / "run", "step"))
    CHECK(event.at("metrics").at("teacher_entropy") > 0);
  // Ten steps are an epoch: until then the prototypes are what they were.
  const auto prototypes = [&](const std::string& out, const std::string& steps) {
    train(here, text, out, {"--set", "train.max_steps=" + steps});
    return tensor(here / out / "objective.safetensors", "head.prototypes");
  };
  CHECK(prototypes("first", "1") == prototypes("epoch", "10"));
  CHECK(prototypes("next", "11") != prototypes("epoch_again", "10"));
}

TEST_CASE("SwAV trains on two large views and four small ones that choose no clusters") {
  const Workplace here;
  const auto losses =
      train(here, toml("use = \"swav\"\nprojector = [32, 16]\nprototypes = 12\n", multi_crop));
  REQUIRE(losses.size() == 30);
  for (const double loss : losses) CHECK(std::isfinite(loss));
  CHECK(mean(losses, 25, 5) < mean(losses, 0, 5));
  CHECK(safetensors_header(here / "run/objective.safetensors").contains("prototypes"));
}

TEST_CASE("MoCo refuses a third view, before anything is trained") {
  const Workplace here;
  write_file(here / "kind.toml", toml("use = \"moco\"\n", multi_crop));
  const auto result = here.run({"train", "kind.toml", "--plugin", plugin, "--out", "run"});
  CHECK(result.code == 3);
  CHECK(has(result.err, "takes two views, not 6"));
  CHECK_FALSE(here.exists("run"));
}
