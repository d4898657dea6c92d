#pragma once

#include "tandem/host/model.hpp"
#include "tandem/sdk/objective.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::host {

/// One view of each sample, as an objective sees it.
struct View {
  std::string role = {};  ///< for objectives that tell views apart, e.g. "global", "local"
  bool target = true;     ///< false: no target network sees it
};

/// How a model is to be trained. Pointers must outlive the learner.
struct LearnerOptions {
  std::string objective = "barlow_twins";  ///< a plugin's, by id
  /// The lines of a configuration's [objective], as TOML: "lambda = 0.0039\nprojector = [1024]".
  /// Checked as a configuration is; what is left out has its default.
  std::string parameters = {};
  /// How the layer's output becomes (N, F), as in [backbone] pool: "auto" or "avg" take the mean of
  /// a map (N, C, H, W) or of tokens, "grid:K" K × K means of a map, "flatten" all of it, "cls" the
  /// first token, "mean_tokens" their mean, "mean_length" the mean over L of a series (N, C, L).
  /// Three dimensions are tokens (N, T, F) for all words but the last.
  std::string pool = "auto";
  std::vector<View> views = std::vector<View>(2);
  std::int64_t global_batch = 0;     ///< samples a step over all ranks; 0: not known
  std::int64_t steps_per_epoch = 0;  ///< 0: not known
  std::int64_t total_steps = 0;      ///< what a schedule needs (BYOL refuses 0); 0: not known
  /// Plugins, or folders of them, that come before those of TANDEM_PLUGIN_PATH (folders, with ':'
  /// between them) and of tandem/plugins beside this library. The current directory is not
  /// searched.
  std::vector<std::filesystem::path> plugins = {};
  Collective* collective = nullptr;  ///< null: one rank
  Log* log = nullptr;                ///< null: silence
};

/// What training changes.
struct Parameter {
  std::string name;              ///< "backbone.…" or "objective.…"
  at::Tensor tensor;             ///< a leaf that requires a gradient
  bool is_bias_or_norm = false;  ///< at most one dimension: many recipes do not decay it
  bool constant_lr = false;      ///< the objective wants its learning rate left alone
};

/// A self-supervised objective on a model of your own, inside a training loop of your own:
///
///     host::Learner learner(model, "layer3", {.objective = "barlow_twins"}, sample);
///     torch::optim::Adam adam(learner.parameters(), 1e-3);
///     for (auto& [x1, x2] : loader) {
///       auto loss = learner(x1, x2);
///       adam.zero_grad();
///       loss.backward();
///       adam.step();
///       learner.step_done();
///     }
///
/// Wrapping changes nothing of the model that LibTorch knows of: no parameter, flag, mode, buffer
/// or hook. Several learners may share a model. Nothing that belongs to the process is touched: no
/// signal, thread count, seed, log or exit. New heads draw from LibTorch's generator, as every new
/// module does.
///
/// A learner that was moved from may only be destroyed or assigned to.
///
/// Whatever is wrong is an Error (tandem/base/error.hpp) that names culprit and remedy. [one thread
/// at a time; learners on several threads do not disturb each other, but make one while no other
/// thread draws from LibTorch's CPU generator: it is put back to where it was, so that what is
/// drawn meanwhile may be drawn again]
class TANDEM_API Learner final : public Stateful {
 public:
  /// The latents are the output of `layer`, pooled to (N, F). `sample` is a batch as the model
  /// takes it, with its device and type; two rows of it are run in eval mode to find F, and which
  /// parameters the latents depend on: the others are not trained. They are run up to the layer,
  /// once, or twice for a tap; where there is no such layer, to the end. Plain C++ members that
  /// `forward` changes have then been changed by it.
  Learner(const Model& model, const Layer& layer, const LearnerOptions& options,
          const at::Tensor& sample);
  /// Without a model: for latents of `width` that you make yourself. Heads are float32 on the CPU
  /// until `to`.
  Learner(std::int64_t width, const LearnerOptions& options);
  ~Learner() override;
  Learner(Learner&& other) noexcept;
  Learner& operator=(Learner&& other) noexcept;

  /// The loss of one batch, one tensor (N, …) a view: 0-dim, with its graph.
  at::Tensor operator()(std::span<const at::Tensor> views);
  template <std::same_as<at::Tensor>... Views>
  at::Tensor operator()(const at::Tensor& first, const Views&... rest) {
    const at::Tensor views[] = {first, rest...};
    return (*this)(views);
  }

  /// The same from latents (N, F), one a view, that came from anywhere.
  at::Tensor from_latents(const std::vector<at::Tensor>& latents);
  /// With latents of a target network of your own too, for objectives that need them.
  at::Tensor from_latents(std::span<const Latents> latents);

  /// To be called after each optimizer step: moves the objective's state on (a moving average, a
  /// queue), with the views of the last loss; without it BYOL's target would never move. Throws
  /// Error(usage) where there was no loss since the last step.
  void step_done();
  /// Steps done.
  std::int64_t steps() const;

  /// What the last loss reported. Detached 0-dim tensors: reading one waits for its device.
  const std::vector<Metric>& metrics() const;
  /// One of them. Throws Error(usage) that lists them all for an unknown one.
  double metric(std::string_view name) const;

  /// What an optimizer is to train, always in the same order: the model's parameters that the
  /// latents depend on and that required a gradient when it was wrapped, then the objective's.
  std::vector<at::Tensor> parameters() const;
  std::vector<Parameter> named_parameters() const;

  /// A view's latents (N, F), as the objective gets them. Throws Error(usage) without a model.
  at::Tensor latents(const at::Tensor& view);
  /// F.
  std::int64_t width() const;

  /// Mode, device and type of the model and of all that the objective made. Move before you make
  /// the optimizer. An objective's ObjectiveContext::device stays that of the sample.
  void train(bool on = true) override;
  void eval() { train(false); }
  void to(at::Device device, at::ScalarType type) override;

  /// All state, the model's as "backbone.…", the objective's as "objective.…", and "steps".
  void visit(StateVisitor& visitor) override;
  /// As a safetensors file, written whole or not at all. An optimizer's state is not in it.
  void save(const std::filesystem::path& file);
  /// Throws Error(checkpoint) for a file that does not fit, before anything is changed.
  void load(const std::filesystem::path& file);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tandem::host
