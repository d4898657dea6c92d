#include "config/resume_keys.hpp"
#include "catch.hpp"
#include "config/sections.hpp"

#include <string>

using namespace tandem::config;

TEST_CASE("every key of the host is classed: what another value means for a run that goes on") {
  std::size_t keys = 0;
  for (const auto& section : sections()) {
    for (const auto& param : section.schema.params) {
      CAPTURE(section.name, param.name);
      CHECK(key_class(section.name, param.name).has_value());
      ++keys;
    }
  }
  CHECK(keys > 35);
  CHECK_FALSE(key_class("train", "no_such_key").has_value());
}

// What the user's manual promises; the table itself says the rest.
TEST_CASE("what changes the training is its identity, what watches or feeds it is not") {
  for (const char* key : {"train.epochs", "train.batch_size", "run.seed", "data.normalize",
                          "objective.lambda", "optimizer.lr", "schedule.use", "backbone.tap",
                          "backbone.width", "view 0.color_jitter.hue", "eval.holdout"}) {
    CAPTURE(key);
    const std::string text = key;
    const auto dot = text.find('.');
    CHECK(key_class(text.substr(0, dot), text.substr(dot + 1)) == KeyClass::identity);
  }
  for (const char* key : {"run.out", "run.threads", "data.path", "data.workers", "train.log_every",
                          "eval.knn_every", "checkpoint.keep", "guard.on_collapse"}) {
    CAPTURE(key);
    const std::string text = key;
    const auto dot = text.find('.');
    CHECK(key_class(text.substr(0, dot), text.substr(dot + 1)) == KeyClass::free);
  }
}
