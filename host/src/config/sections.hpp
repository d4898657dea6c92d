#pragma once

#include "tandem/base/params.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::config {

struct RunSection {
  std::int64_t seed = 0;
  std::string out;  ///< empty: the program chooses a name below "runs/"
  std::string device = "auto";
  int threads = 0;  ///< 0: all
  std::string precision = "auto";
  std::string layout = "channels_last";
  static void declare(Fields<RunSection>& f);
};

struct DataSection {
  std::string source = "auto";
  std::string path;
  int workers = -1;  ///< -1: chosen by the program
  std::string normalize = "auto";
  Numbers mean, std;  ///< both empty unless `normalize` is "custom"
  int channels = 0;   ///< 0: as the pictures have
  double max_bad = 0.01;
  std::int64_t max_pixels = 64'000'000;
  int cache_mb = 256;
  int synthetic_count = 1024;
  int synthetic_size = 32;
  int synthetic_classes = 10;
  static void declare(Fields<DataSection>& f);
};

/// The host's own keys of [backbone]; the others belong to the plugin.
struct BackboneSection {
  std::string tap;            ///< empty: the backbone's own choice
  std::string pool = "auto";  ///< see config/pool.hpp
  bool trust = false;         ///< code that comes from the backbone's files may run
  static void declare(Fields<BackboneSection>& f);
};

/// What every optimizer has.
struct OptimizerCommon {
  double lr = 0.05;
  std::int64_t lr_per = 256;  ///< 0: not scaled
  double bias_lr = -1;        ///< -1: as `lr`
  double weight_decay = 1e-4;
  bool decay_bias_norm = false;
  static void declare(Fields<OptimizerCommon>& f);
};

struct SgdParams : OptimizerCommon {
  double momentum = 0.9;
  bool nesterov = false;
  static void declare(Fields<SgdParams>& f);
};

struct AdamParams : OptimizerCommon {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  AdamParams();
  static void declare(Fields<AdamParams>& f);
};

struct AdamwParams : AdamParams {
  AdamwParams();
  static void declare(Fields<AdamwParams>& f);
};

struct LarsParams : OptimizerCommon {
  double momentum = 0.9;
  double eta = 0.001;
  std::string dialect = "official";
  bool clip_lr = false;
  LarsParams();
  static void declare(Fields<LarsParams>& f);
};

/// What every schedule has.
struct ScheduleCommon {
  std::string per = "step";
  double warmup_epochs = 0;
  double warmup_start = 0;
  static void declare(Fields<ScheduleCommon>& f);
};

struct ConstantSchedule : ScheduleCommon {
  static void declare(Fields<ConstantSchedule>& f);
};

struct StepSchedule : ScheduleCommon {
  Numbers milestones;
  double gamma = 0.1;
  static void declare(Fields<StepSchedule>& f);
};

struct CosineSchedule : ScheduleCommon {
  double final = 0;
  static void declare(Fields<CosineSchedule>& f);
};

/// The host's own keys of a [[view]], beside its `ops`.
struct ViewSection {
  int count = 1;
  std::string role;
  bool target = true;
  static void declare(Fields<ViewSection>& f);
};

struct TrainSection {
  int epochs = 100;
  std::int64_t max_steps = 0;  ///< 0: no limit
  int batch_size = 256;        ///< over all ranks
  int accumulate = 1;          ///< chunks of a batch that pass the network one after another
  std::string views = "separate";
  std::string passes = "auto";
  int log_every = 10;
  static void declare(Fields<TrainSection>& f);
};

struct EvalSection {
  std::string path;  ///< empty: a part of the training pictures is held out
  std::string source = "auto";
  double holdout = 0.1;
  int knn_every = 0;  ///< 0: at the end alone, -1: never
  int k = 20;
  double temperature = 0.1;
  int bank = 0;           ///< 0: all
  int health_every = 25;  ///< -1: never
  bool online_probe = false;
  static void declare(Fields<EvalSection>& f);
};

struct CheckpointSection {
  double every = 5;     ///< minutes; 0: not by the clock
  int every_steps = 0;  ///< 0: not by steps
  int keep = 2;         ///< the newest
  int keep_every = 0;   ///< epochs; 0: none for good
  static void declare(Fields<CheckpointSection>& f);
};

struct GuardSection {
  std::string on_collapse = "warn";
  static void declare(Fields<GuardSection>& f);
};

/// A table of the configuration that the host knows by itself, or an id that `use` can name in it.
struct NamedSchema {
  std::string name;  ///< "run", "view", …, or "sgd", "cosine", …
  std::string doc;   ///< one line
  Schema schema;
};

/// Every table of a configuration in the order in which it is printed, each with the keys that are
/// the host's own ("objective" has none, "optimizer" and "schedule" leave theirs to the lists
/// below).
const std::vector<NamedSchema>& sections();
const std::vector<NamedSchema>& optimizers();  ///< sgd, adam, adamw, lars
const std::vector<NamedSchema>& schedules();   ///< constant, step, cosine

/// The one of this name; null where there is none.
const NamedSchema* find(const std::vector<NamedSchema>& list, std::string_view name);

}  // namespace tandem::config
