#include "catch.hpp"
#include "config/config.hpp"
#include "config/describe.hpp"
#include "fixtures.hpp"

#include <rapidcheck.h>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

using namespace tandem;
using namespace tandem::config;
using config_test::checked;
using config_test::complete;
using config_test::lookup;

namespace {

Config changed() {
  Document d = parse_text(complete, "c.toml");
  const Strings assignments = {
      "run.out=a \"b\"\t\\c",    "run.threads=all",        "data.normalize=custom",
      "data.mean=[0.1, 0.2, 3]", "data.std=[1e-9, 1, 2]",  "objective.lambda=1/d",
      "eval.knn_every=never",    "optimizer.use=sgd",      "optimizer.lr=0.1",
      "schedule.use=step",       "schedule.milestones=[]", "view[1].ops[0].tags=[\"x\", \"\"]"};
  for (const std::string& assignment : assignments) d.set(assignment, "--set");
  return check(d, lookup);
}

Setting setting(const Config& config, const std::string& path) {
  for (const Setting& s : settings(config))
    if (s.path == path) return s;
  FAIL("no setting " << path);
  return {};
}

/// A scalar or list read back from "v = TOML".
ParamValue read_back(const std::string& toml) {
  const Document d = parse_text("v = " + toml, "v");
  const auto scalar = [](const Node& node) {
    if (const auto* x = std::get_if<bool>(&node.value)) return ParamValue(*x);
    if (const auto* x = std::get_if<std::int64_t>(&node.value)) return ParamValue(*x);
    if (const auto* x = std::get_if<double>(&node.value)) return ParamValue(*x);
    return ParamValue(*node.text());
  };
  const Node& node = *d.find("v");
  if (!node.array()) return scalar(node);
  Numbers numbers;
  for (const Node& element : *node.array()) numbers.push_back(std::get<double>(element.value));
  return numbers;
}

bool same_bits(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

double from_bits(std::uint64_t bits) {
  double x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

}  // namespace

TEST_CASE("the resolved configuration reads back as itself") {
  for (const Config& config : {checked(complete), changed()}) {
    const std::string text = to_toml(config);
    const Config again = checked(text);
    CHECK(to_toml(again) == text);
    CHECK(again.objective.values == config.objective.values);
    CHECK(again.optimizer.values == config.optimizer.values);
    CHECK(again.schedule.values == config.schedule.values);
    CHECK(again.backbone.values == config.backbone.values);
    REQUIRE(again.views.size() == config.views.size());
    CHECK(again.views[1].ops[0].values == config.views[1].ops[0].values);
    CHECK(again.views[1].host.role == config.views[1].host.role);
    CHECK(again.data.mean == config.data.mean);
    CHECK(again.run.out == config.run.out);
    CHECK(again.eval.knn_every == config.eval.knn_every);
  }
}

TEST_CASE("notes do not change what is read back") {
  const Config config = changed();
  CHECK(to_toml(checked(to_toml(config, Notes::docs))) == to_toml(config));
  CHECK(to_toml(checked(to_toml(config, Notes::origins))) == to_toml(config));
}

TEST_CASE("the resolved configuration names every key") {
  const std::string text = to_toml(checked(complete));
  CHECK(text.starts_with("[run]\nseed = 3\nout = \"\"\ndevice = \"auto\"\nthreads = \"all\"\n"));
  CHECK(text.find("[backbone]\nuse = \"resnet18\"\nstem = \"cifar\"\nwidth = 1.0\n"
                  "tap = \"avgpool\"\npool = \"auto\"\n") != std::string::npos);
  CHECK(text.find("[[view]]\ncount = 1\nrole = \"\"\ntarget = true\nops = [\n"
                  "  { use = \"crop\", size = 24, scale = [0.2, 1.0], tags = [] },\n"
                  "  { use = \"grayscale\", p = 1.0 },\n"
                  "]\n") != std::string::npos);
  CHECK(text.find("[optimizer]\nuse = \"lars\"\nlr = 0.3\nlr_per = 256\nbias_lr = 0.0048\n") !=
        std::string::npos);
}

TEST_CASE("another spelling is printed as the name itself") {
  const std::string text = to_toml(checked(config_test::with("lambda = 0.004", "lambd = 0.004")));
  CHECK(text.find("\nlambda = 0.004\n") != std::string::npos);
  CHECK(text.find("lambd ") == std::string::npos);
}

TEST_CASE("a configuration changed in memory is printed as it is") {
  Config config = checked(complete);
  config.train.epochs = 77;
  CHECK(setting(config, "train.epochs").value == "77");
}

TEST_CASE("every value knows where it came from") {
  Document d = parse_text(complete, "c.toml");
  d.set("view[0].ops[1].p=0.5", "--set #1");
  const Config config = check(d, lookup);
  CHECK(setting(config, "run.seed").origin.where() == "c.toml:2:8");
  CHECK(setting(config, "run.out").origin.where() == "default");
  CHECK(setting(config, "objective.use").origin.where() == "c.toml:10:7");
  CHECK(setting(config, "objective.lambda").value == "0.004");
  CHECK(setting(config, "objective.lambda").origin.where() == "c.toml:11:10");
  CHECK(setting(config, "view[0].ops[1].p").origin.where() == "--set #1");
  CHECK(setting(config, "view[0].ops[1].p").value == "0.5");
  CHECK(setting(config, "view[1].count").origin.where() == "c.toml:18:9");
  CHECK(to_toml(config, Notes::origins)
            .find("[[view.ops]]\nuse = \"grayscale\"  # c.toml:15:11\n"
                  "p = 0.5  # --set #1\n") != std::string::npos);
  CHECK(to_toml(config, Notes::docs).find("\nk = 10  # neighbours that vote\n") !=
        std::string::npos);
}

TEST_CASE("any number written as TOML is read back to the bit") {
  rc::check("doubles", [](std::uint64_t bits) {
    const double x = from_bits(bits);
    const ParamValue back = read_back(tandem::to_toml(ParamValue(x)));
    RC_ASSERT(std::holds_alternative<double>(back));
    RC_ASSERT(same_bits(std::get<double>(back), x));
  });
  rc::check("lists of doubles", [](const std::vector<double>& list) {
    RC_ASSERT(read_back(tandem::to_toml(ParamValue(list))) == ParamValue(list));
  });
  rc::check("integers", [](std::int64_t x) {
    RC_ASSERT(read_back(tandem::to_toml(ParamValue(x))) == ParamValue(x));
  });
}

TEST_CASE("any text written as TOML is read back") {
  rc::check("strings", [] {
    const auto codes = *rc::gen::container<std::vector<int>>(
        rc::gen::oneOf(rc::gen::inRange(1, 0x80), rc::gen::inRange(0x80, 0x800)));
    std::string text;
    for (int c : codes) {
      if (c < 0x80)
        text += static_cast<char>(c);
      else
        text += {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
    }
    RC_ASSERT(read_back(tandem::to_toml(ParamValue(text))) == ParamValue(text));
  });
}

TEST_CASE("a schema is described in a table") {
  const Schema& schema = lookup(Role::objective, "barlow_twins");
  CHECK(describe(schema) ==
        "name       type              default             accepts              meaning\n"
        "lambda     number            0.0051              > 0 | 1/d            weight of the "
        "off-diagonal terms\n"
        "scale      number            1.0                 > 0                  factor of the loss\n"
        "projector  list of integers  [2048, 2048, 2048]  ≥ 1, 1 to 8 of them  widths after the "
        "latent\n"
        "form       string            \"auto\"              auto | gram | cross  how it is "
        "computed\n");
  CHECK(describe(Schema{}) == "no parameters\n");
  CHECK(describe(lookup(Role::augmentation, "crop")).find("integer, px") != std::string::npos);
}

TEST_CASE("what a parameter accepts is told in a few words") {
  const auto words = [](const NamedSchema* section, const char* name) {
    return accepted(*section->schema.find(name));
  };
  CHECK(words(find(sections(), "data"), "workers") == "0 … 1024 | auto");
  CHECK(words(find(sections(), "run"), "threads") == "≥ 1 | all");
  CHECK(words(find(optimizers(), "adam"), "beta1") == "≥ 0, < 1");
  CHECK(words(find(sections(), "eval"), "holdout") == "0 … 0.5");
  CHECK(words(find(sections(), "run"), "out") == "");
}

TEST_CASE("an example can be pasted into a configuration") {
  const Schema& schema = lookup(Role::backbone, "resnet18");
  CHECK(example_toml("[backbone]\nuse = \"resnet18\"", schema) ==
        "[backbone]\nuse = \"resnet18\"\n"
        "stem = \"imagenet\"  # first layers\n"
        "width = 1.0        # factor of all widths\n");
}
