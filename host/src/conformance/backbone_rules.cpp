#include "conformance/backbone_checks.hpp"
#include "conformance/rules.hpp"

#include <array>

namespace tandem::conformance {
namespace {

constexpr unsigned backbones = mask_of(Role::backbone);
constexpr const char* basis = "numerics.takes_pictures";

constexpr std::array rules = {
    Rule{"numerics", "takes_pictures", "small pictures give finite features in their own type",
         backbones, backbone::takes_pictures, "robustness.any_order_of_instances"},
    Rule{"numerics", "layers_are_named", "layers() lists each layer once, whatever is tapped",
         backbones, backbone::layers_are_named, basis},
    Rule{"numerics", "every_layer_can_be_tapped",
         "each layer (of more than 64, some) gives one row a picture, in both modes", backbones,
         backbone::every_layer_can_be_tapped, basis},
    Rule{"numerics", "unknown_layer_is_refused",
         "an unknown layer is refused with a message that names it and a near one", backbones,
         backbone::unknown_layer_is_refused, basis},
    Rule{"numerics", "gradients_reach_parameters", "backward gives parameters finite gradients",
         backbones, backbone::gradients_reach_parameters, basis},
    Rule{"numerics", "samples_are_independent",
         "in eval mode a picture's features do not depend on the others of its batch", backbones,
         backbone::samples_are_independent, basis},
    Rule{"numerics", "works_in_float64", "float64 gives the features of float32, more exactly",
         backbones, backbone::works_in_float64, basis},
    Rule{"state", "same_seed_same_weights", "equal seeds give equal weights", backbones,
         backbone::same_seed_same_weights, basis},
    Rule{"state", "weights_follow_the_seed",
         "equal seeds give equal weights in two processes, whatever the clock and rand say",
         backbones, backbone::only_the_seed_decides, basis},
    Rule{"state", "copied_weights_same_output",
         "all that matters is visited: a copy by name gives the same features", backbones,
         backbone::copied_weights_same_output, basis},
    Rule{"state", "networks_are_independent", "instances do not disturb each other", backbones,
         backbone::instances_are_independent, basis},
    Rule{"state", "weight_names_are_stable",
         "names of the state are legal, unique, and the same in order at every visit", backbones,
         backbone::names_are_stable, basis},
    Rule{"state", "eval_changes_nothing",
         "in eval mode forward gives the same bits each time and changes nothing", backbones,
         backbone::eval_changes_nothing, basis},
    Rule{"state", "train_changes_statistics_alone",
         "a forward changes BatchNorm's running statistics and nothing else", backbones,
         backbone::train_changes_statistics_alone, basis},
    Rule{"state", "input_is_left_alone", "forward does not change its input in place", backbones,
         backbone::input_is_left_alone, basis},
    Rule{"robustness", "batch_of_one", "one picture is enough in eval mode", backbones,
         backbone::batch_of_one, basis},
    Rule{"robustness", "odd_sizes",
         "pictures of 33x29, 7x5 and 1x1 work or are refused with a text", backbones,
         backbone::odd_sizes, basis},
    Rule{"robustness", "any_channels", "1, 3 and 4 channels work or are refused at construction",
         backbones, backbone::any_channels, basis},
    Rule{"robustness", "any_picture_layout",
         "channels-last and strided pictures give the same features", backbones,
         backbone::any_memory_layout, basis},
    Rule{"robustness", "output_outlives_the_instance", "backward works when the backbone is gone",
         backbones, backbone::output_outlives_the_instance, basis},
};

}  // namespace

std::span<const Rule> backbone_rules() {
  return rules;
}

}  // namespace tandem::conformance
