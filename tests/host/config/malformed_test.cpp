// Configurations with one fault each, made from the schemas: whatever is added to them later is
// tried too.
#include "catch.hpp"
#include "config/sections.hpp"
#include "fixtures.hpp"

#include <cmath>
#include <functional>
#include <optional>

using namespace tandem;
using config_test::checked;

namespace {

/// A table whose keys a schema lists.
struct Place {
  std::string table;  ///< "run", "view", …
  std::string use;    ///< the line that says what is used; empty where nothing is
  bool operation = false;
  const Schema* schema = nullptr;
};

struct Fault {
  std::string text;
  int line = 0;  ///< where it has to be found; 0: anywhere
};

std::string table_of(const std::string& name, const std::string& lines) {
  return (name == "view" ? "[[view]]\n" : "[" + name + "]\n") + lines;
}

/// A whole configuration, right but for the lines that come last.
Fault with(const Place& place, const std::string& lines) {
  const std::vector<std::pair<std::string, std::string>> tables{
      {"backbone", "use = \"resnet18\"\n"},
      {"objective", "use = \"barlow_twins\"\n"},
      {"view", ""},
      {"optimizer", "use = \"sgd\"\n"},
      {"schedule", "use = \"cosine\"\n"}};
  std::string text;
  for (const auto& [name, content] : tables)
    if (name != place.table) text += table_of(name, content);
  const std::string first = place.use.empty() ? "" : place.use + (place.operation ? ", " : "\n");
  text += table_of(place.table, place.operation ? "ops = [{ " + first : first);
  const auto line = 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  return {text + lines + (place.operation ? " }]\n" : "\n"), line};
}

std::vector<Place> places() {
  std::vector<Place> list;
  for (const auto& section : config::sections())
    if (!section.schema.params.empty())
      list.push_back({section.name, section.name == "backbone" ? "use = \"resnet18\"" : "", false,
                      &section.schema});
  const auto use = [](const std::string& id) { return "use = \"" + id + "\""; };
  for (const auto& optimizer : config::optimizers())
    list.push_back({"optimizer", use(optimizer.name), false, &optimizer.schema});
  for (const auto& schedule : config::schedules())
    list.push_back({"schedule", use(schedule.name), false, &schedule.schema});
  for (const auto& [role, id] :
       {std::pair(Role::objective, "barlow_twins"), std::pair(Role::objective, "simsiam"),
        std::pair(Role::backbone, "resnet18"), std::pair(Role::augmentation, "crop"),
        std::pair(Role::augmentation, "grayscale")}) {
    const bool operation = role == Role::augmentation;
    list.push_back({operation ? "view" : std::string(role_name(role)), use(id), operation,
                    &config_test::lookup(role, id)});
  }
  return list;
}

bool is_list(ParamType type) {
  return type >= ParamType::integers;
}

/// Values that no parameter of this type takes.
Strings of_another_type(const Param& param) {
  Strings values{"{ a = 1 }", "1979-05-27", "07:32:00", "[[]]", "nan", "inf"};
  const ParamType type = param.type;
  if (type != ParamType::boolean) values.insert(values.end(), {"true", "[true]", "[1, \"a\"]"});
  if (type == ParamType::boolean) values.insert(values.end(), {"0", "\"true\""});
  if (type == ParamType::boolean || type == ParamType::string)
    values.insert(values.end(), {"1.5", "7"});
  if (type == ParamType::integer || type == ParamType::integers)
    values.insert(values.end(), {"1.5", "1e3"});
  if (type != ParamType::string) values.push_back("\"no word of it\"");
  if (type != ParamType::strings) values.push_back("[\"a\"]");
  if (!is_list(type)) values.insert(values.end(), {"[]", "[1]"});
  if (is_list(type)) values.insert(values.end(), {"1", "\"a\""});
  return values;
}

std::optional<std::string> beyond(double bound, bool open, double step) {
  if (std::abs(bound) > 1e15) return std::nullopt;
  const double value = open ? bound : bound + step;
  std::string text = std::to_string(value);
  return text;
}

/// Values of its type that its declaration excludes.
Strings out_of_range(const Param& param) {
  Strings values;
  const bool whole = param.type == ParamType::integer || param.type == ParamType::integers;
  const bool number = whole || param.type == ParamType::number || param.type == ParamType::numbers;
  for (auto value :
       {beyond(param.low, param.low_open, -1), beyond(param.high, param.high_open, 1)}) {
    if (!number || !value) continue;
    if (whole) value = value->substr(0, value->find('.'));
    std::string list;
    for (std::size_t i = 0; i < std::max<std::size_t>(1, param.min_count); ++i)
      list += *value + ", ";
    values.push_back(is_list(param.type) ? "[" + list + "]" : *value);
  }
  if (is_list(param.type) && param.min_count > 0) values.push_back("[]");
  if (is_list(param.type) && param.max_count < 100) {
    std::string list;
    for (std::size_t i = 0; i <= param.max_count; ++i)
      list += param.type == ParamType::strings ? "\"a\", " : "1, ";
    values.push_back("[" + list + "]");
  }
  if (!param.choices.empty())
    values.insert(values.end(), {"\"" + param.choices[0] + "x\"", "\"\"", "\"AUTO\""});
  return values;
}

/// What is not TOML, after "key = ".
const Strings no_values{"",   "bare words", "\"open", "'open", "[1, 2",   "{ a = 1",     "1 2",
                        "01", "1_",         "0x",     "+-1",   "\"\\q\"", "\"\\ud800\"", "=",
                        "#",  "]"};

bool is_key(const Place& place, const std::string& name) {
  static const Strings hosts{"use", "ops"};
  const Schema& backbone = config::find(config::sections(), "backbone")->schema;
  return place.schema->find(name) || std::find(hosts.begin(), hosts.end(), name) != hosts.end() ||
         (place.table == "backbone" &&
          (backbone.find(name) || config_test::lookup(Role::backbone, "resnet18").find(name)));
}

Strings misspelt(const Place& place, const std::string& name) {
  Strings names{name + "x", name.substr(1), name.substr(0, 1) + name, "x_" + name,
                name.substr(0, name.size() - 1) + "9"};
  std::string capital = name;
  capital[0] = static_cast<char>(capital[0] - 'a' + 'A');
  names.push_back(capital);
  std::erase_if(names, [&](const std::string& n) { return n.empty() || is_key(place, n); });
  return names;
}

std::string default_of(const Param& param) {
  return to_toml(param, param.fallback);
}

std::vector<Fault> faults_of(const Place& place, const Param& param) {
  std::vector<Fault> faults;
  const auto add = [&](const std::string& lines) { faults.push_back(with(place, lines)); };
  const std::string key = param.name + " = ";
  for (const auto& value : of_another_type(param)) add(key + value);
  for (const auto& value : out_of_range(param)) add(key + value);
  for (const auto& name : misspelt(place, param.name)) add(name + " = " + default_of(param));
  for (const auto& alias : param.aliases) {
    add(param.name + " = " + default_of(param) + (place.operation ? ", " : "\n") + alias + " = " +
        default_of(param));
    faults.back().line += place.operation ? 0 : 1;
  }
  add(param.name + ".a = 1");
  for (const auto& value : no_values) {
    add(key + value);
    faults.back().line = 0;
  }
  add(key + default_of(param) + (place.operation ? ", " : "\n") + key + default_of(param));
  faults.back().line = 0;
  return faults;
}

std::vector<Fault> faults_of(const Place& place) {
  std::vector<Fault> faults;
  for (const Param& param : place.schema->params) {
    const auto more = faults_of(place, param);
    faults.insert(faults.end(), more.begin(), more.end());
  }
  // Keys of the other tables, which are strangers here.
  for (const auto& section : config::sections())
    for (const Param& param : section.schema.params)
      if (!is_key(place, param.name))
        faults.push_back(with(place, param.name + " = " + default_of(param)));
  return faults;
}

/// A complaint with this line in the message.
bool has_place(const std::string& message, int line) {
  const std::string start = "3: c.toml:";
  if (!message.starts_with(start)) return false;
  std::size_t digits = 0;
  const int found = std::stoi(message.substr(start.size()), &digits);
  const std::string rest = message.substr(start.size() + digits);
  return (line == 0 || found == line) && found >= 1 && rest.starts_with(":") &&
         std::stoi(rest.substr(1)) >= 1 && rest.find(": error: ") < 8;
}

void require_refused(const std::vector<Fault>& faults) {
  for (const Fault& fault : faults) {
    const std::string message = config_test::error_of([&] { checked(fault.text); });
    INFO(fault.text << "line " << fault.line << "\n" << message);
    REQUIRE(has_place(message, fault.line));
  }
}

}  // namespace

TEST_CASE("more than a thousand malformed configurations are refused, each where the fault is") {
  std::size_t count = 0;
  for (const Place& place : places()) {
    // That each is right without the fault.
    const Fault right = with(place, place.operation ? "p9 = 1" : "");
    INFO(right.text << config_test::error_of([&] { checked(right.text); }));
    if (!place.operation) checked(right.text);
    const auto faults = faults_of(place);
    require_refused(faults);
    count += faults.size();
  }
  WARN(count << " malformed configurations");
  CHECK(count > 1000);
}

TEST_CASE("tables that are misnamed, repeated or no tables are refused where they are") {
  std::vector<Fault> faults;
  const Place none{"guard", "", false, nullptr};
  for (const auto& section : config::sections()) {
    const std::string& name = section.name;
    for (const std::string& line :
         {"[" + name + "x]", "[[" + name + "x]]", "[" + name.substr(1) + "]", "[a." + name + "]",
          "[\"" + name + " \"]"}) {
      faults.push_back(with(none, line));
    }
    for (const std::string& line : {name + " = 1", name + " = \"a\"", name + " = [1]"}) {
      const Place place{name, "", false, nullptr};
      Fault fault = with(place, "");
      const std::string heading = table_of(name, "");
      fault.text = line + "\n" + fault.text.substr(0, fault.text.rfind(heading));
      faults.push_back({fault.text, 1});
    }
    if (name != "view") {
      const Fault fault = with({name, "", false, nullptr}, "");
      faults.push_back({fault.text + "[" + name + "]\n", 0});
    }
    for (const Param& param : section.schema.params)
      faults.push_back({param.name + " = " + default_of(param) + "\n" + with(none, "").text, 1});
  }
  for (const std::string table : {"backbone", "objective", "optimizer", "schedule"}) {
    for (const std::string line :
         {"", "use = 5", "use = []", "use = \"\"", "use = \"Nothing\"", "user = \"sgd\""}) {
      Fault fault = with({table, "", false, nullptr}, line);
      fault.line -= line.empty() || line.starts_with("user") ? 1 : 0;
      const bool unknown_plugin =
          line.starts_with("use = \"") && (table == "backbone" || table == "objective");
      if (!unknown_plugin) faults.push_back(fault);
    }
  }
  for (const std::string ops : {"ops = 1", "ops = [1]", "ops = {}", "ops = [[]]", "ops = [{}]",
                                "ops = [{ use = 1 }]", "op = []", "ops = [{ p = 1 }]"})
    faults.push_back(with({"view", "", false, nullptr}, ops));
  require_refused(faults);
  CHECK(faults.size() > 100);
}
