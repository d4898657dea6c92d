#include "config/resume_keys.hpp"

#include <map>

namespace tandem::config {
namespace {

using enum KeyClass;

/// Which pictures are trained on is told by their fingerprint, so that they may move. Threads
/// change the last bits alone, which a resume says. Test pictures and their settings are no part of
/// the training; a part that is held out of it is: where they change that, the fingerprint tells.
const std::map<std::string, KeyClass>& classes() {
  static const std::map<std::string, KeyClass> all = {
      {"run.seed", identity},
      {"run.out", free},
      {"run.device", identity},
      {"run.threads", free},
      {"run.precision", identity},
      {"run.layout", identity},
      {"data.source", free},
      {"data.path", free},
      {"data.workers", free},
      {"data.normalize", identity},
      {"data.mean", identity},
      {"data.std", identity},
      {"data.channels", identity},
      {"data.max_bad", free},
      {"data.max_pixels", identity},
      {"data.cache_mb", free},
      {"data.synthetic_count", identity},
      {"data.synthetic_size", identity},
      {"data.synthetic_classes", identity},
      {"backbone.tap", identity},
      {"backbone.pool", identity},
      {"backbone.trust", free},
      {"train.epochs", identity},
      {"train.max_steps", identity},
      {"train.batch_size", identity},
      {"train.accumulate", identity},
      {"train.views", identity},
      {"train.passes", identity},
      {"train.log_every", free},
      {"eval.path", free},
      {"eval.source", free},
      {"eval.holdout", identity},
      {"eval.knn_every", free},
      {"eval.k", free},
      {"eval.temperature", free},
      {"eval.bank", free},
      {"eval.health_every", free},
      {"eval.online_probe", identity},
      {"checkpoint.every", free},
      {"checkpoint.every_steps", free},
      {"checkpoint.keep", free},
      {"checkpoint.keep_every", free},
      {"guard.on_collapse", free},
  };
  return all;
}

/// Sections whose keys are others'.
bool is_open(const std::string& section) {
  return section == "objective" || section == "backbone" || section == "optimizer" ||
         section == "schedule" || section.starts_with("view");
}

}  // namespace

std::optional<KeyClass> key_class(const std::string& section, const std::string& key) {
  const auto found = classes().find(section + "." + key);
  if (found != classes().end()) return found->second;
  if (is_open(section)) return identity;
  return std::nullopt;
}

}  // namespace tandem::config
