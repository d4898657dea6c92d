#include "conformance/instance.hpp"
#include "conformance/rules.hpp"
#include "conformance/values.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <chrono>

namespace tandem::conformance {
namespace {

void constructs(const Subject& subject) {
  try {
    make_instance(subject, default_values(subject));
  } catch (const Error& error) {
    skip_without_text(subject, error);
    throw;
  }
}

std::string toml(const Schema& schema, const ParamValues& values) {
  std::string text = "{ ";
  for (std::size_t i = 0; i < values.size(); ++i)
    text +=
        (i == 0 ? "" : ", ") + schema.params[i].name + " = " + to_toml(schema.params[i], values[i]);
  return text + " }";
}

/// Small values with one of them changed.
template <class Visit>
void for_each_edge(const Subject& subject, Visit&& visit) {
  const Schema& schema = subject.factory().schema();
  const ParamValues usual = small_values(subject);
  for (std::size_t i = 0; i < schema.params.size(); ++i) {
    if (subject.settings.has(schema.params[i])) continue;
    for (const auto& value : edge_values(schema.params[i], largest_made(subject.role))) {
      ParamValues values = usual;
      values[i] = value;
      visit(schema.params[i], value, values);
    }
  }
}

/// A refusal that names another parameter is about how the two go together.
bool is_about_two(const Schema& schema, const Param& param, std::string_view text) {
  return std::any_of(schema.params.begin(), schema.params.end(), [&](const Param& other) {
    return other.name != param.name && text.find(other.name) != std::string_view::npos;
  });
}

void edges(const Subject& subject) {
  const Schema& schema = subject.factory().schema();
  for_each_edge(subject, [&](const Param& param, const ParamValue& value, const ParamValues& all) {
    try {
      make_instance(subject, all);
    } catch (const std::exception& error) {
      expect(is_about_two(schema, param, error.what()), "'", param.name, "' is declared to accept ",
             to_toml(param, value), ", and refuses it: ", error.what());
    }
  });
}

void declared(const Subject& subject) {
  for (const Param& param : subject.factory().schema().params) {
    for (const auto& value : edge_values(param, largest_made(subject.role))) {
      const std::string fault = check(param, value);
      const bool word = to_toml(param, value) != to_toml(value);
      expect(word || fault.empty(), "'", param.name, "' at the edge of what it declares, ",
             to_toml(value), ": ", fault);
    }
    for (const auto& value : values_beyond(param))
      expect(!check(param, value).empty(), "'", param.name, "' accepts ", to_toml(value),
             ", which is beyond what it declares");
  }
}

/// Draws and makes instances for a while; how many depends on what they cost.
void random_tables(const Subject& subject) {
  constexpr int most = 100;
  constexpr std::chrono::milliseconds budget{500};
  const Schema& schema = subject.factory().schema();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < most && std::chrono::steady_clock::now() - start < budget; ++i) {
    Random random({subject.seed, 0, static_cast<std::uint32_t>(i)});
    const ParamValues values = random_values(subject, random);
    try {
      make_instance(subject, values);
    } catch (const Violation&) {
      throw;
    } catch (const std::exception&) {
      // Refusing what does not go together is its right.
    } catch (...) {
      throw Violation("throws something that is no std::exception, made with " +
                      toml(schema, values));
    }
  }
}

constexpr Rule rules[] = {
    {"parameters", "ranges_are_sound", "the host accepts each bound and choice, and nothing beyond",
     every_role, declared, "description.parameters_are_legal"},
    {"parameters", "defaults_construct", "its defaults make an instance", every_role, constructs,
     "parameters.ranges_are_sound"},
    {"parameters", "edges_construct", "every bound, choice and word makes an instance", every_role,
     edges, "parameters.defaults_construct"},
    {"parameters", "random_values_construct",
     "valid values make an instance or throw a std::exception", every_role, random_tables,
     "parameters.defaults_construct"},
};

}  // namespace

std::span<const Rule> parameter_rules() {
  return rules;
}

}  // namespace tandem::conformance
