#include "checkpoint/weights.hpp"
#include "data/loader.hpp"
#include "plugin/catalog.hpp"
#include "roles/backbone.hpp"
#include "roles/encoder.hpp"
#include "roles/objective.hpp"
#include "roles/state.hpp"
#include "tandem/base/error.hpp"
#include "train/learner.hpp"
#include "train/parameter_groups.hpp"
#include "train/process_group.hpp"
#include "train/trainer.hpp"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <thread>

/// One rank of a training, made of the same parts as a run:
///
///     rank_worker OUT METHOD FORM BACKBONE TYPE STEPS [kill|stop|throw|loop|rest RANK STEP]
///     rank_worker OUT METHOD FORM BACKBONE TYPE STEPS still|shuffled|together
///
/// OUT/RANK.safetensors holds the samples and views that this rank saw, and all losses, gradients
/// and state. A rank that is not alone takes its place from the environment. "loop" is done by the
/// method, "endless"; "rest" is 20 seconds between two steps. "still" leaves the weights as they
/// are: each step's gradient is a first one, of another batch; "shuffled" does too, and has the
/// rows of each batch in another order. "together" passes the views as one batch.
namespace {

using namespace tandem;

struct Task {
  std::string out, method, form, backbone;
  at::ScalarType type = at::kDouble;
  std::int64_t steps = 0;
  bool still = false, shuffled = false, together = false;
  std::string fault;
  int fault_rank = -1;
  std::int64_t fault_step = -1;
};

constexpr std::int64_t batch = 16;

Task task_of(const std::vector<std::string>& words) {
  Task task;
  task.out = words.at(1);
  task.method = words.at(2);
  task.form = words.at(3);
  task.backbone = words.at(4);
  task.type = words.at(5) == "float32" ? at::kFloat : at::kDouble;
  task.steps = std::stoll(words.at(6));
  task.together = words.back() == "together";
  task.shuffled = words.back() == "shuffled";
  task.still = task.shuffled || words.back() == "still";
  if (words.size() > 9) {
    task.fault = words[7];
    task.fault_rank = std::stoi(words[8]);
    task.fault_step = std::stoll(words[9]);
  }
  return task;
}

ParamValues values_of(const Schema& schema,
                      const std::vector<std::pair<std::string, ParamValue>>& settings) {
  ParamValues values = defaults(schema);
  for (const auto& [name, value] : settings) {
    const Param* param = schema.find(name);
    if (param == nullptr) throw std::logic_error("no parameter " + name);
    values[static_cast<std::size_t>(param - schema.params.data())] = convert(*param, value);
  }
  return values;
}

class Noise final : public Augmentation {
 public:
  void apply(Image& image, Random& random) const override {
    for (std::size_t i = 0; i < image.values(); ++i)
      image.u8()[i] = static_cast<std::uint8_t>(image.u8()[i] / 2 + random.bits() % 128);
  }
};

class Rank {
 public:
  /// With a group every rank draws weights of its own, and takes those of rank 0.
  Rank(Task task, Collective& collective, train::ProcessGroup* group)
      : task_(std::move(task)), collective_(collective), group_(group), catalog_(null_log()) {
    const std::string own = TANDEM_PLUGIN_DIR "/";
    catalog_.add_file(own + (scripted() ? "torchscript.so" : "resnet.so"));
    catalog_.add_file(task_.method == "endless" ? TANDEM_FIXTURE_PLUGINS "/other_kinds.so"
                                                : own + task_.method + ".so");
  }

  void run() {
    data::BatchLoader loader(source(),
                             {{{std::make_shared<Noise>()}}, {{std::make_shared<Noise>()}}},
                             data::Normalization{}, loader_options());
    train::Learner learner(parts());
    learner.pass_together(task_.together);
    if (group_ != nullptr) {
      group_->copy_from_first(tensors_of(learner.encoder()));
      group_->copy_from_first(tensors_of(learner.objective()));
    }
    for (std::int64_t step = 0; step < task_.steps; ++step) {
      fault(step);
      const auto& pictures = loader.next();
      const auto views = ordered(train::view_tensors(pictures, task_.type));
      const auto result = learner.step(views, {step, task_.steps, task_.steps});
      keep(step, pictures, views, result);
    }
    keep_state("encoder.", learner.encoder());
    keep_state("objective.", learner.objective());
    keep("losses", torch::tensor(losses_, at::kDouble));
    checkpoint::save_weights(task_.out + "/" + std::to_string(collective_.rank()) + ".safetensors",
                             kept_);
  }

 private:
  std::uint64_t seed() const { return 3 + static_cast<std::uint64_t>(collective_.rank()); }

  static std::vector<at::Tensor> tensors_of(Stateful& object) {
    std::vector<at::Tensor> tensors;
    const State state = state_of(object);
    for (const auto* list : {&state.parameters, &state.buffers})
      for (const auto& item : *list) tensors.push_back(item.tensor);
    return tensors;
  }

  std::vector<at::Tensor> ordered(std::vector<at::Tensor> views) const {
    if (!task_.shuffled) return views;
    // 7 and 16 have no common factor: every row once, neighbours apart.
    const at::Tensor order = torch::arange(views.front().size(0)).mul_(7).remainder_(batch);
    for (auto& view : views) view = view.index_select(0, order);
    return views;
  }

  bool scripted() const { return task_.backbone.ends_with(".pt"); }

  static std::shared_ptr<data::Source> source() {
    data::SourceOptions options;
    options.kind = "synthetic";
    options.synthetic.count = 70;
    options.synthetic.size = 12;
    return data::open_source(options);
  }

  data::LoaderOptions loader_options() const {
    data::LoaderOptions options;
    options.batch_size = batch;
    options.rank = collective_.rank();
    options.ranks = collective_.size();
    options.seed = 3;
    return options;
  }

  std::shared_ptr<Encoder> make_encoder(const std::string& stage) {
    roles::seed_generators(seed(), stage);
    const auto found =
        catalog_.find_as<BackboneFactory>(Role::backbone, scripted() ? "torchscript" : "resnet10");
    const auto values =
        scripted() ? values_of(found.factory->schema(), {{"file", task_.backbone}})
                   : values_of(found.factory->schema(),
                               {{"width", std::int64_t{4}}, {"stem", std::string("cifar")}});
    auto backbone = roles::make_backbone(found, values, {"avgpool", 3, true, &null_log()});
    backbone->to(at::kCPU, task_.type);
    return std::make_shared<roles::HostEncoder>(std::move(backbone), roles::Pooling("auto"),
                                                torch::zeros({2, 3, 12, 12}, task_.type),
                                                null_log());
  }

  std::vector<std::pair<std::string, ParamValue>> settings() const {
    std::vector<std::pair<std::string, ParamValue>> list = {{"projector", Integers{24, 20}}};
    if (task_.form != "-") list.emplace_back("form", task_.form);
    if (task_.fault == "loop") {
      list.emplace_back("rank", std::int64_t{task_.fault_rank});
      list.emplace_back("after", task_.fault_step);
    }
    return list;
  }

  train::LearnerParts parts() {
    ObjectiveContext context;
    context.encoder = make_encoder("backbone");
    context.new_encoder = [this, online = context.encoder](Init init) {
      auto made = make_encoder("target");
      if (init == Init::copy) roles::copy_by_name(*made, *online);
      return made;
    };
    context.collective = &collective_;
    context.log = &null_log();
    context.global_batch = batch;
    context.steps_per_epoch = context.total_steps = task_.steps;
    roles::seed_generators(seed(), "objective");
    const auto found = catalog_.find_as<ObjectiveFactory>(Role::objective, task_.method);
    train::LearnerParts parts;
    parts.encoder = context.encoder;
    parts.objective =
        roles::make_objective(found, values_of(found.factory->schema(), settings()), context);
    parts.objective->to(at::kCPU, task_.type);
    trained_ = train::trained_parameters(*parts.encoder, *parts.objective);
    train::SgdOptions options;
    options.lr = task_.still ? 0 : 0.03;
    options.weight_decay = 1e-3;
    parts.optimizer = train::make_optimizer(trained_, options);
    parts.views = {{0, 2, "", true}, {1, 2, "", true}};
    parts.collective = &collective_;
    parts.bucket_bytes = 4096;  // many for a network as small as this
    return parts;
  }

  void fault(std::int64_t step) const {
    if (collective_.rank() != task_.fault_rank || step != task_.fault_step) return;
    if (task_.fault == "loop") return;
    if (task_.fault == "rest") return std::this_thread::sleep_for(std::chrono::seconds(20));
    if (task_.fault == "throw") throw Error(ErrorKind::data, "a picture went away");
    ::raise(task_.fault == "kill" ? SIGKILL : SIGSTOP);
  }

  void keep(const std::string& name, const at::Tensor& tensor) {
    kept_.buffers.push_back({name, tensor.detach().clone()});
  }

  void keep(std::int64_t step, const data::Batch& pictures, const std::vector<at::Tensor>& views,
            const train::StepResult& result) {
    const std::string number = std::to_string(step);
    keep("samples/" + number, torch::tensor(pictures.samples, at::kLong));
    for (std::size_t v = 0; v < views.size(); ++v)
      keep("view" + std::to_string(v) + "/" + number, views[v]);
    losses_.push_back(result.loss.item<double>());
    for (const auto& parameter : trained_)
      keep("gradient/" + number + "/" + parameter.name, parameter.tensor.grad());
  }

  void keep_state(const std::string& prefix, Stateful& object) {
    const State state = state_of(object);
    for (const auto* list : {&state.parameters, &state.buffers})
      for (const auto& item : *list) keep("state/" + prefix + item.name, item.tensor);
  }

  Task task_;
  Collective& collective_;
  train::ProcessGroup* group_;
  plugin::Catalog catalog_;
  std::vector<train::TrainedParameter> trained_;
  std::vector<double> losses_;
  State kept_;
};

int run(const Task& task) {
  const auto place =
      train::rank_from_environment([](const char* name) { return std::getenv(name); });
  if (!place || place->size == 1) {
    Rank(task, single_rank(), nullptr).run();
    return 0;
  }
  train::ProcessGroup group(*place);
  try {
    Rank(task, group, &group).run();
    group.finish();
  } catch (const Error& error) {
    group.fail(error.what());
    throw;
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  at::set_num_threads(1);
  try {
    return run(task_of({words, words + count}));
  } catch (const tandem::Error& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(error.kind());
  } catch (const std::exception& error) {
    std::cerr << "unexpected: " << error.what() << '\n';
    return 1;
  }
}
