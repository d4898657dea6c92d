#pragma once

#include "conformance/rule.hpp"

/// The bodies of the rules for backbones; backbone_rules.cpp says what each promises.
namespace tandem::conformance::backbone {

// backbone_numerics.cpp
void takes_pictures(const Subject& subject);
void layers_are_named(const Subject& subject);
void every_layer_can_be_tapped(const Subject& subject);
void unknown_layer_is_refused(const Subject& subject);
void gradients_reach_parameters(const Subject& subject);
void samples_are_independent(const Subject& subject);
void works_in_float64(const Subject& subject);

// backbone_state.cpp
void same_seed_same_weights(const Subject& subject);
void only_the_seed_decides(const Subject& subject);
void copied_weights_same_output(const Subject& subject);
void instances_are_independent(const Subject& subject);
void names_are_stable(const Subject& subject);
void eval_changes_nothing(const Subject& subject);
void train_changes_statistics_alone(const Subject& subject);
void input_is_left_alone(const Subject& subject);

// backbone_robustness.cpp
void batch_of_one(const Subject& subject);
void odd_sizes(const Subject& subject);
void any_channels(const Subject& subject);
void any_memory_layout(const Subject& subject);
void output_outlives_the_instance(const Subject& subject);

}  // namespace tandem::conformance::backbone
