#include "config/sections.hpp"

#include <algorithm>

namespace tandem::config {
namespace {

std::vector<std::string> source_kinds() {
  return {"auto", "folder", "idx", "cifar", "tar", "npy", "list", "synthetic", "synthetic_series"};
}

}  // namespace

void RunSection::declare(Fields<RunSection>& f) {
  f("seed", &RunSection::seed, "start of all random numbers: equal seeds give equal runs").min(0);
  f("out", &RunSection::out, "run folder; empty: a new one below runs/");
  f("device", &RunSection::device, "where the network runs; auto is the CPU")
      .choices({"auto", "cpu", "cuda"});
  f("threads", &RunSection::threads, "CPU threads of the network").min(1).word("all", 0);
  f("precision", &RunSection::precision,
    "number type: bfloat16 is that of products and convolutions in encoder and heads, where "
    "weights "
    "and loss stay float32; auto: bfloat16 where it is faster, else float32")
      .choices({"auto", "float32", "bfloat16", "float64"});
  f("layout", &RunSection::layout,
    "how pictures and convolution weights lie in memory for the network: with a pixel's channels "
    "side by side, or channel by channel")
      .choices({"channels_last", "contiguous"});
}

void DataSection::declare(Fields<DataSection>& f) {
  f("source", &DataSection::source, "what `path` holds; auto looks into it")
      .choices(source_kinds());
  f("path", &DataSection::path,
    "folder or file of the training pictures, or tar shards: name-{000..123}.tar");
  f("workers", &DataSection::workers,
    "threads that decode pictures and make views; 0: none of its own")
      .min(0)
      .max(1024)
      .word("auto", -1);
  f("normalize", &DataSection::normalize, "mean and deviation that pixels are brought to")
      .choices({"auto", "none", "imagenet", "cifar10", "custom"});
  f("mean", &DataSection::mean, "of each channel in 0 … 1, with normalize = \"custom\"");
  f("std", &DataSection::std, "of each channel in 0 … 1, with normalize = \"custom\"").above(0);
  f("channels", &DataSection::channels, "1: grey, 3: colour, auto: as the pictures have")
      .range(1, 1024)
      .word("auto", 0);
  f("max_bad", &DataSection::max_bad,
    "share of unreadable pictures above which the run stops; each rank counts its own")
      .range(0, 1);
  f("max_pixels", &DataSection::max_pixels, "a picture with more is refused").min(1).unit("pixels");
  f("cache_mb", &DataSection::cache_mb,
    "memory in which JPEGs, PNGs, … are kept once they are decoded; 0: none are")
      .min(0)
      .unit("MiB");
  f("synthetic_count", &DataSection::synthetic_count, "pictures of the synthetic source").min(1);
  f("synthetic_size", &DataSection::synthetic_size, "their height and width")
      .range(1, 4096)
      .unit("pixels");
  f("synthetic_classes", &DataSection::synthetic_classes, "their classes").min(1);
}

void BackboneSection::declare(Fields<BackboneSection>& f) {
  f("tap", &BackboneSection::tap,
    "layer whose output is the latent; empty: the backbone's own choice");
  f("pool", &BackboneSection::pool,
    "from the layer's output to a vector: auto or avg (the mean of a map (N, C, H, W) or of tokens "
    "(N, T, F)), grid:K for K × K means, flatten, cls (the first token), mean_tokens, mean_length "
    "(of a series (N, C, L))");
  f("trust", &BackboneSection::trust,
    "run code that comes with the backbone's files (TorchScript); only for files you trust");
}

void OptimizerCommon::declare(Fields<OptimizerCommon>& f) {
  f("lr", &OptimizerCommon::lr, "learning rate, for a batch of lr_per").above(0);
  f("lr_per", &OptimizerCommon::lr_per, "lr is multiplied by batch_size / lr_per; 0: is not")
      .min(0);
  f("bias_lr", &OptimizerCommon::bias_lr,
    "learning rate of biases and norms, which LARS does not adapt; for a batch of lr_per")
      .min(0)
      .word("lr", -1);
  f("weight_decay", &OptimizerCommon::weight_decay, "how strongly weights are drawn to zero")
      .min(0);
  f("decay_bias_norm", &OptimizerCommon::decay_bias_norm,
    "weight decay and adaptation for biases and norms too");
}

void SgdParams::declare(Fields<SgdParams>& f) {
  f.base<OptimizerCommon>();
  f("momentum", &SgdParams::momentum, "share of the last step that is kept").min(0).below(1);
  f("nesterov", &SgdParams::nesterov, "look ahead along the momentum");
}

AdamParams::AdamParams() {
  lr = 1e-3;
  lr_per = 0;
  weight_decay = 0;
}

void AdamParams::declare(Fields<AdamParams>& f) {
  f.base<OptimizerCommon>();
  f("beta1", &AdamParams::beta1, "decay of the gradient's average").min(0).below(1);
  f("beta2", &AdamParams::beta2, "decay of the squared gradient's average").min(0).below(1);
  f("eps", &AdamParams::eps, "added to the root of the squared average").above(0);
}

AdamwParams::AdamwParams() {
  weight_decay = 1e-2;
}

void AdamwParams::declare(Fields<AdamwParams>& f) {
  f.base<AdamParams>();
}

LarsParams::LarsParams() {
  lr = 0.2;
  bias_lr = 0.0048;
  weight_decay = 1e-6;
}

void LarsParams::declare(Fields<LarsParams>& f) {
  f.base<OptimizerCommon>();
  f("momentum", &LarsParams::momentum, "share of the last step that is kept").min(0).below(1);
  f("eta", &LarsParams::eta, "trust coefficient: size of a step relative to the weights").above(0);
  f("dialect", &LarsParams::dialect,
    "whose LARS: the official Barlow Twins' and DeepMind's, solo-learn's, lightly's")
      .choices({"official", "solo", "lightly"});
  f("clip_lr", &LarsParams::clip_lr,
    "dialect solo: adaptation never raises a weight's rate over lr");
}

void ScheduleCommon::declare(Fields<ScheduleCommon>& f) {
  f("per", &ScheduleCommon::per, "the rate changes at every step, or at every epoch")
      .choices({"step", "epoch"});
  f("warmup_epochs", &ScheduleCommon::warmup_epochs, "epochs in which the rate rises to lr")
      .min(0)
      .unit("epochs");
  f("warmup_start", &ScheduleCommon::warmup_start, "share of lr that the warm-up starts from")
      .range(0, 1);
}

void ConstantSchedule::declare(Fields<ConstantSchedule>& f) {
  f.base<ScheduleCommon>();
}

void StepSchedule::declare(Fields<StepSchedule>& f) {
  f.base<ScheduleCommon>();
  f("milestones", &StepSchedule::milestones, "epochs after which the rate is multiplied by gamma")
      .min(0)
      .unit("epochs");
  f("gamma", &StepSchedule::gamma, "factor at each milestone").above(0);
}

void CosineSchedule::declare(Fields<CosineSchedule>& f) {
  f.base<ScheduleCommon>();
  f("final", &CosineSchedule::final, "share of lr that is left at the end").range(0, 1);
}

void ViewSection::declare(Fields<ViewSection>& f) {
  f("count", &ViewSection::count, "how many views are made in this way").range(1, 256);
  f("role", &ViewSection::role, "what the objective is told about it, e.g. global or local");
  f("target", &ViewSection::target, "whether a target encoder sees it too");
}

void TrainSection::declare(Fields<TrainSection>& f) {
  f("epochs", &TrainSection::epochs, "passes over the training pictures").min(1).unit("epochs");
  f("max_steps", &TrainSection::max_steps, "stop after so many steps; 0: no limit")
      .min(0)
      .unit("steps");
  f("batch_size", &TrainSection::batch_size, "pictures a step, over all ranks").min(2);
  f("accumulate", &TrainSection::accumulate,
    "chunks of each batch that pass the backbone one after another, for large batches in little "
    "memory: loss and gradient are those of the whole batch, but BatchNorm in the backbone sees "
    "chunks")
      .min(1)
      .unit("chunks");
  f("views", &TrainSection::views,
    "separate: each view has BatchNorm statistics of its own; joint: views of one size pass the "
    "network together, so that BatchNorm sees them as one batch")
      .choices({"separate", "joint"});
  f("passes", &TrainSection::passes,
    "of separate views; together: those of one size pass the backbone as one batch, with "
    "BatchNorm's statistics for each view; apart: one after another; auto: together where a trial "
    "gives the same and batches are not in chunks")
      .choices({"auto", "together", "apart"});
  f("log_every", &TrainSection::log_every, "steps between lines of the metrics log")
      .min(1)
      .unit("steps");
}

void EvalSection::declare(Fields<EvalSection>& f) {
  f("path", &EvalSection::path, "test pictures with labels; empty: a part of the training set");
  f("source", &EvalSection::source, "what `path` holds; auto looks into it")
      .choices(source_kinds());
  f("holdout", &EvalSection::holdout, "share of the training set held out where there is no `path`")
      .range(0, 0.5);
  f("knn_every", &EvalSection::knn_every, "epochs between kNN evaluations; 0: at the end alone")
      .min(0)
      .word("never", -1)
      .unit("epochs");
  f("k", &EvalSection::k, "neighbours that vote").min(1);
  f("temperature", &EvalSection::temperature, "a vote weighs exp(similarity / temperature)")
      .above(0);
  f("bank", &EvalSection::bank, "most training pictures that are compared with; 0: all").min(0);
  f("health_every", &EvalSection::health_every,
    "steps between looks at the embeddings' spread, rank, alignment and uniformity")
      .min(1)
      .word("never", -1)
      .unit("steps");
  f("online_probe", &EvalSection::online_probe,
    "train a linear classifier of the latents beside the network, from the pictures' labels; the "
    "network learns nothing of it");
}

void CheckpointSection::declare(Fields<CheckpointSection>& f) {
  f("every", &CheckpointSection::every,
    "minutes of training after which everything that a resume needs is saved; 0: where training "
    "ends alone")
      .min(0)
      .unit("minutes");
  f("every_steps", &CheckpointSection::every_steps, "save after every so many steps too; 0: not")
      .min(0)
      .unit("steps");
  f("keep", &CheckpointSection::keep, "how many of the newest checkpoints are kept").min(1);
  f("keep_every", &CheckpointSection::keep_every,
    "save at the end of every so many epochs, and keep those for good; 0: none")
      .min(0)
      .unit("epochs");
}

void GuardSection::declare(Fields<GuardSection>& f) {
  f("on_collapse", &GuardSection::on_collapse,
    "what follows when the embeddings lose their spread or their rank")
      .choices({"warn", "stop"});
}

const std::vector<NamedSchema>& sections() {
  static const std::vector<NamedSchema> list = {
      {"run", "the run as a whole", schema_of<RunSection>()},
      {"data", "the pictures to train on", schema_of<DataSection>()},
      {"backbone", "the network; `use` names it", schema_of<BackboneSection>()},
      {"objective", "what is learned; `use` names it", {}},
      {"view", "one [[view]] for each way of changing a picture; `ops` lists the operations",
       schema_of<ViewSection>()},
      {"optimizer", "how weights are changed; `use` names it", {}},
      {"schedule", "how the learning rate goes over time; `use` names it", {}},
      {"train", "how long, and in what batches", schema_of<TrainSection>()},
      {"eval", "how the features are judged", schema_of<EvalSection>()},
      {"checkpoint", "what is saved to go on from", schema_of<CheckpointSection>()},
      {"guard", "what ends a run that goes wrong", schema_of<GuardSection>()},
  };
  return list;
}

const std::vector<NamedSchema>& optimizers() {
  static const std::vector<NamedSchema> list = {
      {"sgd", "gradient descent with momentum", schema_of<SgdParams>()},
      {"adam", "Adam; weight decay is added to the gradient", schema_of<AdamParams>()},
      {"adamw", "Adam with decoupled weight decay", schema_of<AdamwParams>()},
      {"lars", "momentum with a step size for each layer, for large batches",
       schema_of<LarsParams>()},
  };
  return list;
}

const std::vector<NamedSchema>& schedules() {
  static const std::vector<NamedSchema> list = {
      {"constant", "lr throughout", schema_of<ConstantSchedule>()},
      {"step", "lr times gamma at each milestone", schema_of<StepSchedule>()},
      {"cosine", "half a cosine from lr to the end", schema_of<CosineSchedule>()},
  };
  return list;
}

const NamedSchema* find(const std::vector<NamedSchema>& list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [name](const NamedSchema& s) { return s.name == name; });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace tandem::config
