#include "catch.hpp"
#include "config/config.hpp"
#include "config/data_section.hpp"
#include "fixtures.hpp"

using namespace tandem;
using namespace tandem::config;
using config_test::assigned;
using config_test::error_of;
using config_test::lookup;
using config_test::set_error;

TEST_CASE("pool is one of six words or a grid") {
  for (const char* good :
       {"auto", "avg", "flatten", "cls", "mean_tokens", "mean_length", "grid:1", "grid:12"}) {
    INFO(good);
    CHECK(set_error({"backbone.pool=" + std::string(good)}) == "nothing");
  }
  for (const char* bad : {"grid:0", "grid:", "grid:-1", "grid:2x", "max", "grid:99999"}) {
    INFO(bad);
    CHECK(
        set_error({"backbone.pool=" + std::string(bad)}) ==
        "3: --set #1: error: 'pool' in [backbone]: must be \"auto\", \"avg\", \"flatten\", "
        "\"cls\", \"mean_tokens\", \"mean_length\" or \"grid:K\" with a whole number K above 0, is "
        "\"" +
            std::string(bad) +
            "\"\n"
            "  backbone.pool=" +
            bad +
            "\n"
            "                ^");
  }
}

TEST_CASE("mean and std go together, and with custom alone") {
  CHECK(set_error({"data.normalize=custom", "data.mean=[0.5]", "data.std=[0.2]"}) == "nothing");
  CHECK(set_error({"data.mean=[0.5]"})
            .starts_with("3: --set #1: error: 'mean' in [data] is used with normalize = \"custom\" "
                         "alone, which is "
                         "\"auto\"\n"));
  CHECK(set_error({"data.normalize=custom", "data.mean=[0.5]"})
            .starts_with("3: --set #1: error: normalize = \"custom\" needs 'std' in [data]\n"));
  CHECK(
      set_error({"data.normalize=custom", "data.mean=[0.5]", "data.std=[0.1, 0.2]"})
          .starts_with("3: --set #3: error: 'std' in [data] must have as many elements as 'mean', "
                       "1, has 2\n"));
  CHECK(set_error({"data.normalize=custom", "data.mean=[0.5]", "data.std=[0]"})
            .find("must be above 0, is 0") != std::string::npos);
}

TEST_CASE("pictures have one channel or three") {
  CHECK(set_error({"data.channels=1"}) == "nothing");
  CHECK(set_error({"data.channels=3"}) == "nothing");
  CHECK(set_error({"data.channels=0"}).find("must be at least 1 or \"auto\", is 0") !=
        std::string::npos);
}

TEST_CASE("the [data] section alone needs no plugin, and takes no other table") {
  const auto section = [](const tandem::Strings& assignments) {
    tandem::config::Document document;
    for (const auto& assignment : assignments) document.set(assignment, "--set");
    return tandem::config::check_data_section(document);
  };
  CHECK(section({}).source == "auto");
  CHECK(section({"data.path=\"a b\"", "data.max_bad=0.5"}).max_bad == 0.5);
  CHECK(error_of([&] { section({"data.chanels=1"}); }).find("channels") != std::string::npos);
  CHECK(error_of([&] { section({"train.epochs=1"}); }).find("'train': only keys of [data]") !=
        std::string::npos);
  CHECK(error_of([&] { section({"data=1"}); }).starts_with("3: "));
}

TEST_CASE("a batch is cut into equal chunks") {
  CHECK(set_error({"train.batch_size=48", "train.accumulate=3"}) == "nothing");
  CHECK(set_error({"train.batch_size=48", "train.accumulate=5"})
            .starts_with("3: --set #2: error: 'accumulate' in [train] cuts a batch into equal "
                         "chunks: batch_size, which is 48, must be a multiple of it, 5"));
  CHECK(set_error({"train.accumulate=0"}).find("accumulate") != std::string::npos);
}

TEST_CASE("Nesterov needs momentum") {
  CHECK(set_error({"optimizer.use=sgd", "optimizer.nesterov=true"}) == "nothing");
  CHECK(set_error({"optimizer.use=sgd", "optimizer.nesterov=true", "optimizer.momentum=0"})
            .starts_with("3: --set #2: error: 'nesterov' in [optimizer] needs a momentum above 0"));
}

TEST_CASE("what belongs to another dialect of LARS is told") {
  CHECK(set_error({"optimizer.clip_lr=true", "optimizer.dialect=solo"}) == "nothing");
  CHECK(set_error({"optimizer.clip_lr=true"})
            .starts_with("3: --set #1: error: 'clip_lr' in [optimizer] belongs to dialect = "
                         "\"solo\", which is \"official\""));
  CHECK(
      set_error({"optimizer.dialect=lightly", "optimizer.weight_decay=0"})
          .starts_with("3: --set #2: error: dialect = \"lightly\" in [optimizer] adapts nothing"));
}

TEST_CASE("a warm-up per epoch starts above zero") {
  CHECK(set_error({"schedule.per=epoch", "schedule.warmup_epochs=0"}) == "nothing");
  CHECK(set_error({"schedule.per=epoch", "schedule.warmup_epochs=2",
                   "schedule.warmup_start=0.1"}) == "nothing");
  CHECK(
      set_error({"schedule.per=epoch", "schedule.warmup_epochs=2"})
          .starts_with("3: --set #1: error: per = \"epoch\" in [schedule] with a warm-up from 0"));
}

TEST_CASE("each optimizer has defaults of its own") {
  const auto optimizer = [](const std::string& id) {
    return config_test::checked(config_test::with("use = \"lars\"", "use = \"" + id + "\""))
        .optimizer;
  };
  CHECK(optimizer("sgd").params<SgdParams>().weight_decay == 1e-4);
  CHECK(optimizer("sgd").params<SgdParams>().lr_per == 256);
  CHECK(optimizer("adam").params<AdamParams>().weight_decay == 0);
  CHECK(optimizer("adam").params<AdamParams>().lr_per == 0);
  CHECK(optimizer("adamw").params<AdamwParams>().weight_decay == 1e-2);
  CHECK(optimizer("lars").params<LarsParams>().eta == 0.001);
  CHECK(optimizer("lars").params<LarsParams>().bias_lr == 0.0048);
}

TEST_CASE("words stand for numbers") {
  const Config c =
      check(assigned({"run.threads=all", "data.workers=auto", "data.channels=auto",
                      "eval.knn_every=never", "optimizer.bias_lr=lr", "objective.lambda=1/d"}),
            lookup);
  CHECK(c.run.threads == 0);
  CHECK(c.data.workers == -1);
  CHECK(c.data.channels == 0);
  CHECK(c.eval.knn_every == -1);
  CHECK(c.optimizer.params<LarsParams>().bias_lr == -1);
  CHECK(c.objective.values[0] == ParamValue(-1.0));
}
