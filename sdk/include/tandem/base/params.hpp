#pragma once

#include "tandem/base/export.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tandem {

using Integers = std::vector<std::int64_t>;
using Numbers = std::vector<double>;
using Strings = std::vector<std::string>;

/// A parameter's value; the order of alternatives is the order of `ParamType`.
using ParamValue =
    std::variant<bool, std::int64_t, double, std::string, Integers, Numbers, Strings>;
enum class ParamType { boolean, integer, number, string, integers, numbers, strings };

/// One parameter: everything the host needs to check it, print it, document it and fuzz it. `low`
/// and `high` bound a number and each element of a list of numbers.
struct Param {
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  std::string name;
  Strings aliases;  ///< other accepted spellings, never printed as the name
  ParamType type = ParamType::number;
  ParamValue fallback;  ///< the default
  std::string unit;  ///< "px", "epochs", … or empty; a string of "path" is a file's or folder's
  std::string doc;   ///< one line
  double low = -infinity;
  double high = infinity;
  bool low_open = false;      ///< `low` itself is refused
  bool high_open = false;     ///< `high` itself is refused
  std::size_t min_count = 0;  ///< of a list
  std::size_t max_count = std::numeric_limits<std::size_t>::max();
  Strings choices;  ///< of a string; empty: any
  /// Words that a number or an integer may be written as, e.g. "1/d", and their values.
  std::vector<std::pair<std::string, double>> words;
  /// Fills and reads the member of a params struct.
  std::function<void(void* params, const ParamValue&)> set;
  std::function<ParamValue(const void* params)> get;
};

/// Refines the parameter that was declared last.
class TANDEM_API ParamRef {
 public:
  explicit ParamRef(Param& param) : param_(&param) {}
  ParamRef& min(double low) {
    param_->low = low;
    param_->low_open = false;
    return *this;
  }
  ParamRef& above(double low) {
    param_->low = low;
    param_->low_open = true;
    return *this;
  }
  ParamRef& max(double high) {
    param_->high = high;
    param_->high_open = false;
    return *this;
  }
  ParamRef& below(double high) {
    param_->high = high;
    param_->high_open = true;
    return *this;
  }
  ParamRef& range(double low, double high) { return min(low).max(high); }
  ParamRef& count(std::size_t n) { return count(n, n); }
  ParamRef& count(std::size_t low, std::size_t high) {
    param_->min_count = low;
    param_->max_count = high;
    return *this;
  }
  ParamRef& choices(Strings names) {
    param_->choices = std::move(names);
    return *this;
  }
  /// Lets a number or an integer be written as a word: `.word("1/d", -1)` stores -1 for the string
  /// "1/d". The word's value may lie outside the range, and is then to be had by the word alone.
  ParamRef& word(std::string name, double value) {
    param_->words.emplace_back(std::move(name), value);
    return *this;
  }
  ParamRef& unit(std::string name) {
    param_->unit = std::move(name);
    return *this;
  }
  ParamRef& alias(std::string name) {
    param_->aliases.push_back(std::move(name));
    return *this;
  }

 private:
  Param* param_;
};

/// The parameters of one thing that a configuration can name. Built from a struct whose members
/// hold the defaults, by its static `declare`:
///
///     struct Params {
///       double lambda = 0.0051;
///       static void declare(tandem::Fields<Params>& f) {
///         f("lambda", &Params::lambda, "weight of the off-diagonal terms").above(0);
///       }
///     };
///
/// Names are `[a-z][a-z0-9_]*`; `use`, `ops`, `tap`, `pool` and `trust` belong to the host.
struct TANDEM_API Schema {
  std::vector<Param> params;
  /// By name or alias; null where there is none. A pointer is valid as long as the schema is.
  const Param* find(std::string_view name) const;
};

/// Checked values, one per parameter of a schema, in its order: what was configured, or the
/// default.
using ParamValues = std::vector<ParamValue>;

/// Every default of a schema.
TANDEM_API ParamValues defaults(const Schema& schema);

/// Says what is wrong with a value ("must be above 0, is -1"), or "" where nothing is. A number may
/// be given as an integer, and a list as an empty one of any type. What is not finite is refused,
/// except by a word. The default need not be checked.
TANDEM_API std::string check(const Param& param, const ParamValue& value);

/// The value in the parameter's own type (an integer as a number, a word as its number).
/// Precondition: `check` found nothing wrong.
TANDEM_API ParamValue convert(const Param& param, const ParamValue& value);

/// The parameter that one element of a list has to satisfy: `check` of it tells which element is
/// wrong.
TANDEM_API Param element_of(const Param& list);

/// The value as TOML writes it. Numbers keep their shortest exact form.
TANDEM_API std::string to_toml(const ParamValue& value);
/// A value of the parameter's own type as a person would write it: the word where there is one for
/// it. `check` accepts what it reads back, and `convert` then gives `value`.
TANDEM_API std::string to_toml(const Param& param, const ParamValue& value);
TANDEM_API std::string_view type_name(ParamType type);

/// At most `limit` of `names`, nearest first, that are close enough to `name` to be what was meant.
TANDEM_API Strings nearest(std::string_view name, const Strings& names, std::size_t limit = 3);

namespace detail {
template <class T>
inline constexpr bool is_integer = std::is_integral_v<T> && !std::is_same_v<T, bool>;

template <class T>
ParamValue to_value(const T& value) {
  if constexpr (is_integer<T>)
    return static_cast<std::int64_t>(value);
  else if constexpr (std::is_floating_point_v<T>)
    return static_cast<double>(value);
  else
    return value;
}

template <class T>
void from_value(T& member, const ParamValue& value) {
  if constexpr (is_integer<T>)
    member = static_cast<T>(std::get<std::int64_t>(value));
  else if constexpr (std::is_floating_point_v<T>)
    member = static_cast<T>(std::get<double>(value));
  else
    member = std::get<T>(value);
}
}  // namespace detail

/// Declares the members of a struct as parameters; passed to the struct's static `declare`.
template <class Params>
class Fields {
 public:
  explicit Fields(Schema& schema) : schema_(schema) {}

  template <class T>
  ParamRef operator()(std::string name, T Params::*member, std::string doc) {
    Param param;
    param.name = std::move(name);
    param.doc = std::move(doc);
    param.fallback = detail::to_value(defaults_.*member);
    param.type = static_cast<ParamType>(param.fallback.index());
    if constexpr (detail::is_integer<T>) {
      param.low = static_cast<double>(std::numeric_limits<T>::min());
      param.high = static_cast<double>(std::numeric_limits<T>::max());
    }
    param.set = [member](void* params, const ParamValue& value) {
      detail::from_value(static_cast<Params*>(params)->*member, value);
    };
    param.get = [member](const void* params) {
      return detail::to_value(static_cast<const Params*>(params)->*member);
    };
    schema_.params.push_back(std::move(param));
    return ParamRef(schema_.params.back());
  }

  /// Takes in the members of a base struct; their defaults are those `Params` gives them.
  template <class Base>
  void base() {
    static_assert(std::is_base_of_v<Base, Params>);
    Schema inherited;
    Fields<Base> fields(inherited);
    Base::declare(fields);
    for (Param& param : inherited.params) {
      auto set = std::move(param.set);
      param.set = [set](void* params, const ParamValue& value) {
        set(static_cast<Base*>(static_cast<Params*>(params)), value);
      };
      auto get = std::move(param.get);
      param.get = [get](const void* params) {
        return get(static_cast<const Base*>(static_cast<const Params*>(params)));
      };
      param.fallback = param.get(&defaults_);
      schema_.params.push_back(std::move(param));
    }
  }

 private:
  Schema& schema_;
  Params defaults_{};
};

/// The schema of a parameter struct.
template <class Params>
Schema schema_of() {
  Schema schema;
  Fields<Params> fields(schema);
  Params::declare(fields);
  return schema;
}

/// A parameter struct filled from checked values of its schema.
template <class Params>
Params make_params(const Schema& schema, const ParamValues& values) {
  Params params;
  for (std::size_t i = 0; i < schema.params.size(); ++i) schema.params[i].set(&params, values[i]);
  return params;
}

/// The values of a parameter struct; the reverse of `make_params`.
template <class Params>
ParamValues values_of(const Schema& schema, const Params& params) {
  ParamValues values;
  for (const Param& param : schema.params) values.push_back(param.get(&params));
  return values;
}

/// For what takes no parameters.
struct NoParams {
  static void declare(Fields<NoParams>&) {}
};

}  // namespace tandem
