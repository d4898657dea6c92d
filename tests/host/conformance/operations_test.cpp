// Bad plugins without LibTorch: each fault is caught by one rule, the one made for it.
#include "catch.hpp"
#include "conformance/rules.hpp"
#include "conformance/runner.hpp"

#include <filesystem>
#include <set>
#include <thread>

using namespace tandem;
using namespace tandem::conformance;

namespace {

const std::filesystem::path fixtures = TANDEM_FIXTURE_PLUGINS;
const std::filesystem::path shipped = TANDEM_PLUGIN_DIR;

struct Fault {
  std::string file;
  std::string id;  ///< empty: whatever the file provides
  std::string rule;
  std::string detail;  ///< a part of what is said about it
  Verdict verdict = Verdict::failed;
};

const std::string parameters = "parameter_faults.so", process = "process_faults.so",
                  picture = "picture_faults.so", purity = "purity_faults.so";

const std::vector<Fault> faults = {
    {"not_a_plugin.so", "", "file.stamp_is_legal", "is not a Tandem plugin"},
    {"illegal_id.so", "", "file.stamp_is_legal", "found 'Not-An-Id', expected"},
    {"duplicate_id.so", "", "file.stamp_is_legal", "name each thing once"},
    {"another_libtorch.so", "", "file.fits_this_host", "LibTorch: found 1.13, expected 2."},
    {"exports_another.so", "", "file.exports_two_symbols", "an_export_of_its_own"},
    {"unresolved.so", "", "file.loads", "tandem_test_nowhere"},
    {"brings_another_sdk.so", "", "file.brings_no_second_sdk", "libtandem-sdk.so.99"},
    {"registers_nothing.so", "", "file.registers_its_stamp", "does not register 'bad'"},
    {"throws_on_register.so", "", "file.registers_its_stamp", "no parameters today"},
    {"writes_here.so", "", "file.opens_in_any_folder", "the cache cannot be written"},
    {"greets.so", "", "file.opens_quietly", "thank you for using this plugin"},

    {"says_nothing.so", "", "description.says_what_it_is", "description is empty"},
    {parameters, "default_out_of_range", "description.parameters_are_legal", "must be at most 1"},
    {parameters, "changes_its_default", "description.same_in_every_process", "strength"},

    {parameters, "range_upside_down", "parameters.ranges_are_sound", "must be at most 1"},
    {parameters, "throws_in_constructor", "parameters.defaults_construct", "not today"},
    {parameters, "throws_a_number", "parameters.defaults_construct", "no std::exception"},
    {parameters, "exits_in_constructor", "parameters.defaults_construct",
     "ended by the plugin (exit status 3)"},
    {parameters, "crashes_in_constructor", "parameters.defaults_construct", "SIGSEGV",
     Verdict::crashed},
    {parameters, "hangs_in_constructor", "parameters.defaults_construct", "was killed",
     Verdict::timed_out},
    {parameters, "refuses_its_bound", "parameters.edges_construct",
     "'strength' is declared to accept 1.0, and refuses it"},
    {parameters, "throws_a_number_now_and_then", "parameters.random_values_construct",
     "no std::exception, made with { strength = 0."},

    {process, "last_in_first_out", "robustness.any_order_of_instances", "SIGABRT",
     Verdict::crashed},
    {process, "takes_a_signal", "robustness.process_is_left_alone", "the handler of SIGUSR1"},
    {process, "sets_the_locale", "robustness.process_is_left_alone", "locale from C to C.UTF-8"},
    {process, "moves_away", "robustness.process_is_left_alone", "the working folder from"},
    {process, "sets_a_variable", "robustness.process_is_left_alone", "TANDEM_TEST_VARIABLE"},
    {process, "rounds_down", "robustness.process_is_left_alone", "the rounding mode"},
    {process, "aborts_at_exit", "robustness.process_ends_normally", "ended with SIGABRT"},

    {picture, "throws_in_apply", "augmentation.applies", "not today"},
    {picture, "exits_in_apply", "augmentation.applies", "ended by the plugin (exit status 0)"},
    {picture, "crashes_in_apply", "augmentation.applies", "SIGSEGV", Verdict::crashed},
    {picture, "hangs_in_apply", "augmentation.applies", "was killed", Verdict::timed_out},
    {picture, "leaves_nothing", "augmentation.applies", "empty picture"},
    {picture, "takes_pairs", "augmentation.stays_inside", "up to 1 byte after the end"},
    {picture, "starts_too_early", "augmentation.stays_inside", "before the beginning"},
    {picture, "needs_two_rows", "augmentation.any_shape", "SIGABRT", Verdict::crashed},
    {picture, "needs_three_channels", "augmentation.any_number_of_channels", "SIGABRT",
     Verdict::crashed},
    {picture, "refuses_without_a_word", "augmentation.any_number_of_channels",
     "32×32×1 without a word"},
    {picture, "makes_no_numbers", "augmentation.floats_are_taken", "not finite"},

    {purity, "draws_from_rand", "augmentation.same_random_same_pixels", "value 0 is"},
    {purity, "draws_from_the_device", "augmentation.same_random_same_pixels", "value 0 is"},
    {purity, "draws_from_the_clock", "augmentation.same_random_same_pixels", "value 0 is"},
    {purity, "seeds_rand", "augmentation.only_random_decides", "rand()"},
    {purity, "remembers_the_picture", "augmentation.no_state_is_kept", "after other pictures"},
    {purity, "remembers_the_buffer", "augmentation.no_view_is_kept", "held another picture"},
    {purity, "shares_parameters", "augmentation.operations_are_independent",
     "beside an instance with other parameters"},
    {purity, "shares_a_table", "augmentation.operations_are_independent", "SIGABRT",
     Verdict::crashed},
    {purity, "shares_a_buffer", "augmentation.threads_agree", "by 8 threads at once"},
};

Options options_for(const Fault& fault) {
  Options options;
  options.id = fault.id;
  options.jobs = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  if (fault.verdict == Verdict::timed_out) options.time_limit = std::chrono::seconds(6);
  return options;
}

std::vector<Outcome> check(const std::string& file, const Options& options) {
  return check_plugin(fixtures / file, chosen_rules(options), options, null_log());
}

}  // namespace

TEST_CASE("each fault is caught by the rule made for it, and by no other") {
  for (const auto& fault : faults) {
    int found = 0;
    for (const auto& outcome : check(fault.file, options_for(fault))) {
      if (!is_broken(outcome)) continue;
      CAPTURE(fault.file, fault.id, full_name(*outcome.rule), outcome.detail, outcome.output);
      CHECK(full_name(*outcome.rule) == fault.rule);
      CHECK(verdict_name(outcome.verdict) == verdict_name(fault.verdict));
      // AddressSanitizer ends the process of a plugin that writes outside before the rule can tell.
      if (outcome.output.find("AddressSanitizer: heap-buffer-overflow") == std::string::npos)
        CHECK(outcome.detail.find(fault.detail) != std::string::npos);
      ++found;
    }
    CAPTURE(fault.file, fault.id);
    CHECK(found == 1);
  }
}

TEST_CASE("every rule but those about tensors is tripped by a bad plugin") {
  constexpr unsigned tensors = mask_of(Role::objective) | mask_of(Role::backbone);
  std::set<std::string> tripped;
  for (const auto& fault : faults) tripped.insert(fault.rule);
  int rules = 0;
  for (const Rule* rule : all_rules()) {
    if (rule->roles != whole_file && (rule->roles & ~tensors) == 0) continue;
    CAPTURE(full_name(*rule));
    CHECK(tripped.count(full_name(*rule)) == 1);
    ++rules;
  }
  CHECK(tripped.size() == static_cast<std::size_t>(rules));
}

TEST_CASE("what a rule builds on is a rule, and names are unique") {
  std::set<std::string> full, names;
  for (const Rule* rule : all_rules()) {
    CHECK(full.insert(full_name(*rule)).second);
    CHECK(names.insert(rule->name).second);
  }
  for (const Rule* rule : all_rules()) {
    CAPTURE(full_name(*rule));
    CHECK((rule->needs == nullptr || full.count(rule->needs) == 1));
  }
}
