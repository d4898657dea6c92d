#include "config/config.hpp"

#include "catch.hpp"
#include "fixtures.hpp"

using namespace tandem;
using namespace tandem::config;
using config_test::assigned;
using config_test::checked;
using config_test::complete;
using config_test::error_of;
using config_test::lookup;
using config_test::set_error;
using config_test::with;

namespace {

std::string check_error(const std::string& text) {
  return error_of([&] { checked(text); });
}

std::string error_with(const std::string& line, const std::string& replacement) {
  return check_error(with(line, replacement));
}

}  // namespace

TEST_CASE("a correct configuration fills the structs") {
  const Config c = checked(complete);
  CHECK(c.run.seed == 3);
  CHECK(c.run.threads == 0);
  CHECK(c.data.path == "pictures");
  CHECK(c.data.workers == -1);
  CHECK(c.backbone_host.tap == "avgpool");
  CHECK(c.backbone_host.pool == "auto");
  CHECK(c.backbone.id == "resnet18");
  CHECK(c.backbone.values == ParamValues{std::string("cifar"), 1.0});
  CHECK(c.objective.values ==
        ParamValues{0.004, 1.0, Integers{2048, 2048, 2048}, std::string("auto")});
  REQUIRE(c.views.size() == 2);
  REQUIRE(c.views[0].ops.size() == 2);
  CHECK(c.views[0].ops[0].values == ParamValues{std::int64_t{24}, Numbers{0.2, 1.0}, Strings{}});
  CHECK(c.views[0].ops[1].id == "grayscale");
  CHECK(c.views[0].ops[1].values == ParamValues{1.0});
  CHECK(c.views[1].host.count == 2);
  CHECK(c.views[1].host.role == "local");
  CHECK(c.views[1].host.target);
  CHECK(c.optimizer.params<LarsParams>().lr == 0.3);
  CHECK(c.optimizer.params<LarsParams>().weight_decay == 1e-6);
  CHECK(c.schedule.params<CosineSchedule>().warmup_epochs == 10);
  CHECK(c.train.epochs == 5);
  CHECK(c.eval.k == 10);
}

TEST_CASE("an unknown key is shown with its place and the nearest") {
  CHECK(error_with("lambda = 0.004", "  lamda = 0.004") ==
        "3: c.toml:11:3: error: unknown key 'lamda' in [objective] (objective 'barlow_twins')\n"
        "    lamda = 0.004\n"
        "    ^\n"
        "  did you mean 'lambda'?");
  CHECK(error_with("seed = 3", "sed = 3") ==
        "3: c.toml:2:1: error: unknown key 'sed' in [run]\n"
        "  sed = 3\n"
        "  ^\n"
        "  did you mean 'seed'?");
  CHECK(error_with("  { use = \"grayscale\", p = 1 },", "  { use = \"grayscale\", q = 1 },") ==
        "3: c.toml:15:24: error: unknown key 'q' in view[0].ops[1] (operation 'grayscale')\n"
        "    { use = \"grayscale\", q = 1 },\n"
        "                         ^\n"
        "  keys: use, p");
  CHECK(error_with("count = 2", "cuont = 2").ends_with("did you mean 'count'?"));
  CHECK(error_with("tap = \"avgpool\"", "tab = \"avgpool\"").ends_with("did you mean 'tap'?"));
}

TEST_CASE("a key in the wrong table is sent home") {
  CHECK(error_with("seed = 3", "batch_size = 3") ==
        "3: c.toml:2:1: error: unknown key 'batch_size' in [run]\n"
        "  batch_size = 3\n"
        "  ^\n"
        "  'batch_size' belongs to [train]");
  CHECK(check_error("weight_decay = 1\n" + std::string(complete)) ==
        "3: c.toml:1:1: error: key 'weight_decay' is outside of any table\n"
        "  weight_decay = 1\n"
        "  ^\n"
        "  it belongs to [optimizer]");
}

TEST_CASE("an unknown table is shown with the nearest") {
  CHECK(error_with("[schedule]", "[shedule]") ==
        "3: c.toml:24:2: error: unknown table [shedule]\n"
        "  [shedule]\n"
        "   ^\n"
        "  did you mean 'schedule'?\n"
        "c.toml:31:1: error: [schedule] has no 'use', which names what is used");
  CHECK(check_error("[foo]\n" + std::string(complete)) ==
        "3: c.toml:1:2: error: unknown table [foo]\n"
        "  [foo]\n"
        "   ^\n"
        "  tables: run, data, backbone, objective, view, optimizer, schedule, train, eval, "
        "checkpoint, guard");
}

TEST_CASE("a wrong type is shown at the value") {
  CHECK(error_with("lr = 0.3", "lr = \"fast\"") ==
        "3: c.toml:23:6: error: 'lr' in [optimizer]: expected number, found string \"fast\"\n"
        "  lr = \"fast\"\n"
        "       ^");
  CHECK(error_with("epochs = 5", "epochs = 5.0") ==
        "3: c.toml:28:10: error: 'epochs' in [train]: expected integer, found number 5.0; write 5\n"
        "  epochs = 5.0\n"
        "           ^");
  CHECK(error_with("epochs = 5", "epochs = [5]")
            .starts_with(
                "3: c.toml:28:10: error: 'epochs' in [train]: expected integer, found array\n"));
  CHECK(error_with("epochs = 5", "epochs = {a = 5}")
            .starts_with(
                "3: c.toml:28:10: error: 'epochs' in [train]: expected integer, found table\n"));
}

TEST_CASE("a value out of range is shown at the value") {
  CHECK(error_with("epochs = 5", "epochs = 0") ==
        "3: c.toml:28:10: error: 'epochs' in [train]: must be at least 1, is 0\n"
        "  epochs = 0\n"
        "           ^");
  CHECK(error_with("epochs = 5", "epochs = 5\nbatch_size = 1")
            .starts_with(
                "3: c.toml:29:14: error: 'batch_size' in [train]: must be at least 2, is 1"));
  CHECK(error_with("stem = \"cifar\"", "stem = \"cifer\"") ==
        "3: c.toml:8:8: error: 'stem' in [backbone]: must be \"imagenet\", \"cifar\" or \"small\", "
        "is "
        "\"cifer\"; did you mean \"cifar\"?\n"
        "  stem = \"cifer\"\n"
        "         ^");
}

TEST_CASE("a wrong element of a list is shown at the element") {
  const std::string line = "ops = [{ use = \"crop\", scale = [0.05, 0.2] }]";
  CHECK(error_with(line, "ops = [{ use = \"crop\", scale = [0.05, 2] }]") ==
        "3: c.toml:20:39: error: 'scale' in view[1].ops[0], element 2: must be at most 1, is 2\n"
        "  ops = [{ use = \"crop\", scale = [0.05, 2] }]\n"
        "                                        ^");
  CHECK(
      error_with(line, "ops = [{ use = \"crop\", scale = [\"a\", []] }]") ==
      "3: c.toml:20:33: error: 'scale' in view[1].ops[0], element 1: expected number, found string "
      "\"a\"\n"
      "  ops = [{ use = \"crop\", scale = [\"a\", []] }]\n"
      "                                  ^\n"
      "c.toml:20:38: error: 'scale' in view[1].ops[0], element 2: expected number, found array\n"
      "  ops = [{ use = \"crop\", scale = [\"a\", []] }]\n"
      "                                       ^");
  CHECK(error_with(line, "ops = [{ use = \"crop\", scale = [0.05] }]") ==
        "3: c.toml:20:32: error: 'scale' in view[1].ops[0]: must have exactly 2 elements, has 1\n"
        "  ops = [{ use = \"crop\", scale = [0.05] }]\n"
        "                                 ^");
}

TEST_CASE("a component must say what it uses") {
  CHECK(error_with("use = \"lars\"", "") ==
        "3: c.toml:21:2: error: [optimizer] has no 'use', which names what is used\n"
        "  [optimizer]\n"
        "   ^");
  CHECK(error_with("use = \"lars\"", "use = 3") ==
        "3: c.toml:22:7: error: 'use' in [optimizer]: expected string, found integer\n"
        "  use = 3\n"
        "        ^");
  CHECK(error_with("  { use = \"crop\", size = 24 },", "  { size = 24 },") ==
        "3: c.toml:14:3: error: view[0].ops[0] has no 'use', which names what is used\n"
        "    { size = 24 },\n"
        "    ^");
}

TEST_CASE("an unknown optimizer or schedule is shown with the nearest") {
  CHECK(error_with("use = \"lars\"", "use = \"larz\"") ==
        "3: c.toml:22:7: error: unknown optimizer 'larz'\n"
        "  use = \"larz\"\n"
        "        ^\n"
        "  did you mean 'lars'?");
  CHECK(error_with("use = \"cosine\"", "use = \"polynomial\"")
            .ends_with("\n  schedules: constant, step, cosine"));
}

TEST_CASE("an unknown plugin is an error of plugins, at its place") {
  CHECK(error_with("use = \"barlow_twins\"", "use = \"vicreg\"") ==
        "5: c.toml:10:7: error: no plugin provides objective vicreg\n"
        "  use = \"vicreg\"\n"
        "        ^");
  CHECK(error_with("  { use = \"grayscale\", p = 1 },", "  { use = \"blur\" },") ==
        "5: c.toml:15:11: error: no plugin provides augmentation blur\n"
        "    { use = \"blur\" },\n"
        "            ^");
}

TEST_CASE("among others, an unknown plugin is an error of the configuration") {
  std::string text = with("use = \"barlow_twins\"", "use = \"vicreg\"");
  text.replace(text.find("seed = 3"), 8, "sed = 3");
  CHECK(check_error(text) ==
        "3: c.toml:2:1: error: unknown key 'sed' in [run]\n"
        "  sed = 3\n"
        "  ^\n"
        "  did you mean 'seed'?\n"
        "c.toml:10:7: error: no plugin provides objective vicreg\n"
        "  use = \"vicreg\"\n"
        "        ^");
}

TEST_CASE("a view and its operations have their shapes") {
  CHECK(check_error("[view]\ncount = 1\n")
            .find("c.toml:1:2: error: 'view': expected array of tables, found table\n"
                  "  [view]\n"
                  "   ^\n"
                  "  each view is headed [[view]]") != std::string::npos);
  CHECK(check_error("view = [1]\n")
            .find("c.toml:1:9: error: view[0]: expected table, found integer") !=
        std::string::npos);
  CHECK(check_error("view = []\n")
            .find("c.toml:1:1: error: there is no [[view]]; a run needs one or more") !=
        std::string::npos);
  CHECK(check_error("").find("c.toml:1:1: error: there is no [[view]]; a run needs one or more") !=
        std::string::npos);
  const std::string line = "ops = [{ use = \"crop\", scale = [0.05, 0.2] }]";
  CHECK(error_with(line, "ops = \"crop\"") ==
        "3: c.toml:20:7: error: view[1].ops: expected array of tables, found string\n"
        "  ops = \"crop\"\n"
        "        ^");
  CHECK(error_with(line, "ops = [\"crop\"]") ==
        "3: c.toml:20:8: error: view[1].ops[0]: expected table, found string\n"
        "  ops = [\"crop\"]\n"
        "         ^\n"
        "  an operation is written { use = \"grayscale\", p = 0.2 }");
  CHECK(error_with(line, "") == "nothing");
}

TEST_CASE("a section must be a table") {
  CHECK(check_error("train = 3\n")
            .find("c.toml:1:1: error: 'train': expected table, found integer\n"
                  "  train = 3\n"
                  "  ^\n"
                  "  it is headed [train]") != std::string::npos);
  CHECK(check_error("[[objective]]\nuse = \"simsiam\"\n")
            .find("c.toml:1:3: error: 'objective': expected table, found array") !=
        std::string::npos);
}

TEST_CASE("all problems are reported, in the order of their places") {
  std::string text = with("epochs = 5", "epochs = 0\nfoo = 1");
  text.replace(text.find("seed = 3"), 8, "seed = -1");
  text.replace(text.find("lambda"), 6, "lamda");
  text.replace(text.find("size"), 4, "siez");
  const std::string message = check_error(text);
  std::size_t last = 0;
  for (const char* place :
       {"c.toml:2:8: ", "c.toml:11:1: ", "c.toml:14:19: ", "c.toml:28:10: ", "c.toml:29:1: "}) {
    INFO(place);
    const std::size_t at = message.find(place);
    REQUIRE(at != std::string::npos);
    CHECK(at >= last);
    last = at;
  }
}

TEST_CASE("a flood of problems is cut") {
  std::string text = complete;
  for (int i = 0; i < 500; ++i) text += "key_" + std::to_string(i) + " = 1\n";
  const std::string message = check_error(text);
  CHECK(message.ends_with("\nand 480 more"));
  CHECK(message.size() < 5000);
}

TEST_CASE("a problem of an assignment is shown in the assignment") {
  CHECK(set_error({"train.epochs=7", "optimizer.lr=fast"}) ==
        "3: --set #2: error: 'lr' in [optimizer]: expected number, found string \"fast\"\n"
        "  optimizer.lr=fast\n"
        "               ^");
  CHECK(set_error({"optimiser.lr=1"}) ==
        "3: --set #1: error: unknown table [optimiser]\n"
        "  optimiser.lr=1\n"
        "  ^\n"
        "  did you mean 'optimizer'?");
  CHECK(set_error({"view[0].ops[1].q=1"}) ==
        "3: --set #1: error: unknown key 'q' in view[0].ops[1] (operation 'grayscale')\n"
        "  view[0].ops[1].q=1\n"
        "                 ^\n"
        "  keys: use, p");
  CHECK(set_error({"objective.use=byol"}).starts_with("5: --set #1: error: no plugin provides"));
  CHECK(set_error({"objective.use=simsiam"}) == "nothing");
  CHECK(set_error({"objective.use=simsiam", "objective.lambda=1"})
            .starts_with("3: --set #2: error: unknown key 'lambda' in [objective] (objective "
                         "'simsiam')"));
}

TEST_CASE("another spelling of a key is accepted") {
  CHECK(checked(with("lambda = 0.004", "lambd = 0.004")).objective.values[0] == ParamValue(0.004));
  CHECK(error_with("lambda = 0.004", "lambda = 1\nlambd = 2") ==
        "3: c.toml:12:1: error: 'lambd' and 'lambda' in [objective] are one key, given twice\n"
        "  lambd = 2\n"
        "  ^");
}

TEST_CASE("of two spellings in two layers the upper one is taken") {
  Document d = parse_text(with("lambda = 0.004", "lambd = 1"), "c.toml");
  d.merge(parse_text("[objective]\nlambda = 2\n", "over.toml"));
  CHECK(check(d, lookup).objective.values[0] == ParamValue(2.0));
  d.merge(parse_text("[objective]\nlambd = 3\n", "top.toml"));
  CHECK(check(d, lookup).objective.values[0] == ParamValue(3.0));
  d.set("objective.lambda=4", "--set #1");
  CHECK(check(d, lookup).objective.values[0] == ParamValue(4.0));
}
