#include "catch.hpp"
#include "conformance/rules.hpp"
#include "conformance/runner.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

using namespace tandem;
using namespace tandem::conformance;

namespace {

const std::filesystem::path fixtures = TANDEM_FIXTURE_PLUGINS;
const std::filesystem::path shipped = TANDEM_PLUGIN_DIR;

struct Fault {
  const char* file;
  const char* id;
  const char* rule;
  Verdict verdict = Verdict::failed;
};

constexpr const char* numerics = "bad_objective_numerics.so";
constexpr const char* state = "bad_objective_state.so";
constexpr const char* robustness = "bad_objective_robustness.so";
constexpr const char* backbones = "bad_backbones.so";

/// Which bad plugin is caught by the rule made for it.
const std::vector<Fault> faults = {
    {numerics, "nan_loss", "loss_is_a_scalar"},
    {numerics, "vector_loss", "loss_is_a_scalar"},
    {numerics, "narrow_loss", "loss_is_a_scalar"},
    {numerics, "loss_elsewhere", "loss_is_a_scalar"},
    {numerics, "loss_without_gradient", "loss_is_a_scalar"},
    {numerics, "drops_a_row", "embedding_has_a_row_a_sample"},
    {numerics, "narrow_embedding", "embedding_has_a_row_a_sample"},
    {numerics, "twin_metrics", "metrics_are_named_numbers"},
    {numerics, "wrong_gradient", "gradient_is_right"},
    {numerics, "forgets_the_encoder", "gradient_reaches_the_encoder"},
    {numerics, "gradient_into_target", "no_gradient_into_target"},
    {numerics, "local_statistics", "ranks_agree"},
    {numerics, "depends_on_rank", "ranks_agree"},
    {numerics, "local_centre", "ranks_agree"},
    {numerics, "mixes_rows", "encode_takes_chunks"},
    {numerics, "needs_a_graph", "works_without_a_graph"},
    {numerics, "diverges", "training_stays_finite"},
    {state, "rand_loss", "same_seed_same_loss"},
    {state, "rand_loss", "only_the_seed_decides"},
    {state, "random_device_loss", "same_seed_same_loss"},
    {state, "random_device_loss", "only_the_seed_decides"},
    {state, "clock_loss", "only_the_seed_decides"},
    {state, "rand_constructor", "only_the_seed_decides"},
    {state, "shared_counter", "instances_are_independent"},
    {state, "counts_losses", "calls_change_nothing"},
    {state, "moves_centre_in_embed", "calls_change_nothing"},
    {state, "writes_latents", "inputs_are_left_alone"},
    {state, "writes_target", "inputs_are_left_alone"},
    {state, "hidden_counter", "step_changes_visited_state"},
    {state, "hidden_counter", "restored_state_goes_on"},
    {state, "hidden_weight", "restored_state_goes_on"},
    {state, "visits_a_copy", "restored_state_goes_on"},
    {state, "forgets_to_move", "to_moves_everything"},
    {state, "ignores_mode", "eval_mode_is_honoured"},
    {state, "drops_out_always", "eval_mode_is_honoured"},
    {state, "twin_names", "names_are_stable"},
    {state, "changing_names", "names_are_stable"},
    {state, "hint_of_nothing", "hints_name_parameters"},
    {robustness, "throws_in_constructor", "loss_is_a_scalar"},
    {robustness, "throws_in_embed", "loss_is_a_scalar"},
    {robustness, "throws_in_loss", "loss_is_a_scalar"},
    {robustness, "throws_a_number", "any_batch_size"},
    {robustness, "hangs_in_loss", "loss_is_a_scalar", Verdict::timed_out},
    {robustness, "crashes_in_loss", "loss_is_a_scalar", Verdict::crashed},
    {robustness, "exits_in_loss", "loss_is_a_scalar"},
    {robustness, "nan_at_one", "any_batch_size"},
    {robustness, "root_of_variance", "constant_input"},
    {robustness, "overflows", "huge_input"},
    {robustness, "assumes_contiguous", "any_memory_layout"},
    {robustness, "hides_nan", "nan_is_not_hidden"},
    {robustness, "crashes_on_three_views", "any_number_of_views", Verdict::crashed},
    {robustness, "refuses_views_too_late", "any_number_of_views"},
    {robustness, "divides_by_length", "any_step_of_a_run"},
    {robustness, "loss_dies_with_it", "loss_outlives_the_instance"},
    {backbones, "accepts_any_tap", "unknown_layer_is_refused"},
    {backbones, "refuses_vaguely", "unknown_layer_is_refused"},
    {backbones, "twin_layers", "layers_are_named"},
    {backbones, "no_layers", "layers_are_named"},
    {backbones, "broken_layer", "every_layer_can_be_tapped"},
    {backbones, "drops_a_row_of_pictures", "takes_pictures"},
    {backbones, "without_gradient", "gradients_reach_parameters"},
    {backbones, "float_inside", "works_in_float64"},
    {backbones, "always_trains", "eval_changes_nothing"},
    {backbones, "mixes_pictures", "samples_are_independent"},
    {backbones, "unseeded_weights", "same_seed_same_weights"},
    {backbones, "clocked_weights", "weights_follow_the_seed"},
    {backbones, "hidden_part", "copied_weights_same_output"},
    {backbones, "shared_weights", "networks_are_independent"},
    {backbones, "new_names_each_time", "weight_names_are_stable"},
    {backbones, "noisy_in_eval", "eval_changes_nothing"},
    {backbones, "decays_in_forward", "train_changes_statistics_alone"},
    {backbones, "writes_pictures", "input_is_left_alone"},
    {backbones, "crashes_at_one", "batch_of_one", Verdict::crashed},
    {backbones, "nan_at_odd_sizes", "odd_sizes"},
    {backbones, "three_channels_only", "any_channels"},
    {backbones, "assumes_contiguous_pictures", "any_picture_layout"},
    {backbones, "output_dies_with_it", "output_outlives_the_instance"},
};

std::vector<const Rule*> rules_for_tensors() {
  std::vector<const Rule*> all;
  for (const auto rules : {objective_rules(), backbone_rules()}) {
    for (const Rule& rule : rules) all.push_back(&rule);
  }
  return all;
}

void expect_all_passed(const std::filesystem::path& file, const std::string& id = "") {
  Options options;
  options.id = id;
  options.jobs = 2;
  const auto outcomes = check_plugin(file, rules_for_tensors(), options, null_log());
  CHECK_FALSE(outcomes.empty());
  for (const Outcome& outcome : outcomes) {
    CAPTURE(outcome.id, outcome.rule->name, outcome.detail, outcome.output);
    CHECK(verdict_name(outcome.verdict) == "passed");
  }
}

}  // namespace

TEST_CASE("each faulty objective and backbone is caught by the rule made for it") {
  for (const auto& [file, id, rule, verdict] : faults) {
    Options options;
    options.id = id;
    options.rules = {rule};
    if (verdict == Verdict::timed_out) options.time_limit = std::chrono::seconds(2);
    const auto outcomes = check_plugin(fixtures / file, chosen_rules(options), options, null_log());
    CAPTURE(id, rule);
    REQUIRE(outcomes.size() == 1);
    CAPTURE(outcomes[0].detail);
    CHECK(verdict_name(outcomes[0].verdict) == verdict_name(verdict));
  }
}

TEST_CASE("every rule for objectives and backbones is tripped by a faulty one") {
  std::set<std::string> tripped;
  for (const auto& fault : faults) tripped.insert(fault.rule);
  for (const Rule* rule : rules_for_tensors()) {
    CAPTURE(rule->name);
    CHECK(tripped.contains(rule->name));
  }
}

TEST_CASE("an honest objective and an honest backbone pass every rule") {
  expect_all_passed(fixtures / numerics, "honest_objective");
  expect_all_passed(fixtures / backbones, "honest_backbone");
}

TEST_CASE("the gradient is right where a detached part of the loss is constant on purpose") {
  Options options;
  options.id = "honest_weighs_itself";
  options.rules = {"gradient_is_right"};
  const auto outcomes =
      check_plugin(fixtures / numerics, chosen_rules(options), options, null_log());
  REQUIRE(outcomes.size() == 1);
  CAPTURE(outcomes[0].detail);
  CHECK(verdict_name(outcomes[0].verdict) == "passed");
}

TEST_CASE("every shipped objective and backbone passes every rule") {
  for (const char* name : {"barlow_twins.so", "simsiam.so", "byol.so", "simclr.so", "resnet.so"})
    expect_all_passed(shipped / name);
}
