#include "conformance/child.hpp"
#include "conformance/instance.hpp"
#include "conformance/process_state.hpp"
#include "conformance/rules.hpp"

#include <cstdlib>

namespace tandem::conformance {
namespace {

void instances(const Subject& subject) {
  const ParamValues values = usual_values(subject);
  auto first = make_instance(subject, values);
  auto second = make_instance(subject, values);
  first.reset();
  auto third = make_instance(subject, values);
  second.reset();
  first = make_instance(subject, values);
  third.reset();
}

void leaves_process(const Subject& subject) {
  const auto before = process_state();
  make_instance(subject, usual_values(subject));
  const auto changed = changes(before, process_state());
  expect(changed.empty(), "opening it and making an instance changed ", changed);
}

void ends(const Subject& subject) {
  Child other([&]() -> std::string {
    make_instance(subject, usual_values(subject));
    std::exit(EXIT_SUCCESS);
  });
  other.wait();
  expect(other.status() == 0, "a process that used it ended with ", ending(other.status()), "\n",
         other.output());
}

constexpr Rule rules[] = {
    {"robustness", "any_order_of_instances", "instances are made and destroyed in any order",
     every_role, instances, "parameters.defaults_construct"},
    {"robustness", "process_is_left_alone", "it changes nothing that belongs to the process",
     every_role, leaves_process, "parameters.defaults_construct"},
    {"robustness", "process_ends_normally", "a process that used it ends normally", every_role,
     ends, "parameters.defaults_construct"},
};

}  // namespace

std::span<const Rule> robustness_rules() {
  return rules;
}

}  // namespace tandem::conformance
