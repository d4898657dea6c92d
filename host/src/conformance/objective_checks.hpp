#pragma once

#include "conformance/rule.hpp"

/// The bodies of the rules for objectives; objective_rules.cpp says what each promises.
namespace tandem::conformance::objective {

// objective_numerics.cpp
void loss_is_a_scalar(const Subject& subject);
void embedding_has_a_row_a_sample(const Subject& subject);
void metrics_are_named_numbers(const Subject& subject);
void gradient_reaches_the_encoder(const Subject& subject);
void no_gradient_into_target(const Subject& subject);
void encode_takes_chunks(const Subject& subject);
void works_without_a_graph(const Subject& subject);
void training_stays_finite(const Subject& subject);

// objective_gradient.cpp
void gradient_is_right(const Subject& subject);

// objective_ranks.cpp
void ranks_agree(const Subject& subject);

// objective_state.cpp
void same_seed_same_loss(const Subject& subject);
void only_the_seed_decides(const Subject& subject);
void instances_are_independent(const Subject& subject);
void calls_change_nothing(const Subject& subject);
void inputs_are_left_alone(const Subject& subject);
void names_are_stable(const Subject& subject);
void restored_state_goes_on(const Subject& subject);
void step_changes_visited_state(const Subject& subject);
void to_moves_everything(const Subject& subject);
void eval_mode_is_honoured(const Subject& subject);
void hints_name_parameters(const Subject& subject);

// objective_robustness.cpp
void any_batch_size(const Subject& subject);
void any_memory_layout(const Subject& subject);
void constant_input(const Subject& subject);
void huge_input(const Subject& subject);
void nan_is_not_hidden(const Subject& subject);
void any_number_of_views(const Subject& subject);
void any_step_of_a_run(const Subject& subject);
void loss_outlives_the_instance(const Subject& subject);

}  // namespace tandem::conformance::objective
