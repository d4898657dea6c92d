#include "conformance/objective_checks.hpp"
#include "conformance/rules.hpp"

#include <array>

namespace tandem::conformance {
namespace {

constexpr unsigned objectives = mask_of(Role::objective);
constexpr const char* basis = "numerics.loss_is_a_scalar";

constexpr std::array rules = {
    Rule{"numerics", "loss_is_a_scalar",
         "three steps of training: finite losses of no dimension that carry a gradient", objectives,
         objective::loss_is_a_scalar, "robustness.any_order_of_instances"},
    Rule{"numerics", "embedding_has_a_row_a_sample",
         "latents and embeddings have one row a sample, in their input's type", objectives,
         objective::embedding_has_a_row_a_sample, basis},
    Rule{"numerics", "metrics_are_named_numbers",
         "metrics are finite numbers with legal names, each once", objectives,
         objective::metrics_are_named_numbers, basis},
    Rule{"numerics", "gradient_is_right",
         "the loss's gradient agrees with finite differences in float64", objectives,
         objective::gradient_is_right, basis},
    Rule{"numerics", "gradient_reaches_the_encoder",
         "gradients are finite and reach the online encoder", objectives,
         objective::gradient_reaches_the_encoder, basis},
    Rule{"numerics", "no_gradient_into_target", "targets and buffers require and get no gradient",
         objectives, objective::no_gradient_into_target, basis},
    Rule{"numerics", "encode_takes_chunks",
         "encode of chunks gives the latents of the whole batch, in eval mode", objectives,
         objective::encode_takes_chunks, basis},
    Rule{"numerics", "works_without_a_graph", "the loss is the same under NoGradGuard", objectives,
         objective::works_without_a_graph, basis},
    Rule{"numerics", "ranks_agree",
         "two ranks have the mean loss, gradient and new state of one (in eval mode, float64)",
         objectives, objective::ranks_agree, basis},
    Rule{"numerics", "training_stays_finite", "50 steps on small pictures stay finite", objectives,
         objective::training_stays_finite, basis},
    Rule{"state", "same_seed_same_loss", "equal seeds give equal losses, bit for bit", objectives,
         objective::same_seed_same_loss, basis},
    Rule{"state", "only_the_seed_decides",
         "equal seeds give equal losses in two processes, whatever the clock and rand say",
         objectives, objective::only_the_seed_decides, basis},
    Rule{"state", "instances_are_independent", "instances do not disturb each other", objectives,
         objective::instances_are_independent, basis},
    Rule{"state", "calls_change_nothing",
         "encode, embed and loss give the same bits twice and change BatchNorm's statistics alone",
         objectives, objective::calls_change_nothing, basis},
    Rule{"state", "inputs_are_left_alone", "no call changes its input in place", objectives,
         objective::inputs_are_left_alone, basis},
    Rule{"state", "names_are_stable",
         "names of the state are legal, unique, and the same in order at every visit", objectives,
         objective::names_are_stable, basis},
    Rule{"state", "restored_state_goes_on",
         "all that matters is visited: saved state in a fresh instance goes on alike", objectives,
         objective::restored_state_goes_on, basis},
    Rule{"state", "step_changes_visited_state", "after_optimizer_step advances visited state alone",
         objectives, objective::step_changes_visited_state, basis},
    Rule{"state", "to_moves_everything", "to gives every floating-point tensor the type",
         objectives, objective::to_moves_everything, basis},
    Rule{"state", "eval_mode_is_honoured",
         "a pass in eval mode changes nothing and draws no random numbers", objectives,
         objective::eval_mode_is_honoured, basis},
    Rule{"state", "hints_name_parameters", "parameter_hints speak of parameters that exist",
         objectives, objective::hints_name_parameters, basis},
    Rule{"robustness", "any_batch_size",
         "batches of 2, 5 and 1 have a finite loss or are refused with a text", objectives,
         objective::any_batch_size, basis},
    Rule{"robustness", "any_memory_layout", "strided tensors give the same loss", objectives,
         objective::any_memory_layout, basis},
    Rule{"robustness", "constant_input",
         "equal latents have a finite loss and gradient or are refused with a text", objectives,
         objective::constant_input, basis},
    Rule{"robustness", "huge_input",
         "latents a million times too large have a finite loss and gradient or are refused",
         objectives, objective::huge_input, basis},
    Rule{"robustness", "nan_is_not_hidden", "a NaN among the latents gives no finite loss",
         objectives, objective::nan_is_not_hidden, basis},
    Rule{"robustness", "any_number_of_views",
         "1, 3 and 4 views work or are refused at construction", objectives,
         objective::any_number_of_views, basis},
    Rule{
        "robustness", "any_step_of_a_run",
        "the first, middle, last and next step are finite; so is a run of unknown length, or it is "
        "refused",
        objectives, objective::any_step_of_a_run, basis},
    Rule{"robustness", "loss_outlives_the_instance", "backward works when the objective is gone",
         objectives, objective::loss_outlives_the_instance, basis},
};

}  // namespace

std::span<const Rule> objective_rules() {
  return rules;
}

}  // namespace tandem::conformance
