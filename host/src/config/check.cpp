#include "config/config.hpp"
#include "config/problems.hpp"
#include "config/section_checks.hpp"
#include "config/table_reader.hpp"
#include "tandem/base/error.hpp"

#include <utility>

namespace tandem::config {
namespace {

/// Finds what `use` names; null where a problem was reported.
using Finder = std::function<const Schema*(const Node& use)>;

Strings names_of(const std::vector<NamedSchema>& list) {
  Strings names;
  for (const NamedSchema& item : list) names.push_back(item.name);
  return names;
}

class Checker {
 public:
  Checker(const Document& document, const SchemaLookup& lookup)
      : document_(document), lookup_(lookup), problems_(document.end()) {}

  Config run();

 private:
  void check_tables();
  void check_shape(const Entry& entry);
  const Table& table(const std::string& name) const;
  TableReader reader(const Table& table, const std::string& path, const std::string& title);
  template <class Section>
  Section section(const std::string& name);

  Finder plugin(Role role);
  Finder listed(const std::vector<NamedSchema>& list, const std::string& what);
  Component used(TableReader& keys, const Origin& place, const Finder& find);
  Component component(TableReader& keys, const Origin& place, std::string_view what,
                      const Finder& find);
  Component top_component(const std::string& name, const Finder& find);
  void backbone();

  void views();
  View view(const Node& node, const std::string& path);
  std::vector<Component> operations(const Node& ops, const std::string& path);
  Component operation(const Node& node, const std::string& path);

  const Document& document_;
  const SchemaLookup& lookup_;
  Problems problems_;
  Config config_;
};

void Checker::check_shape(const Entry& entry) {
  const bool is_view = entry.key == "view";
  if (is_view ? entry.value.array() != nullptr : entry.value.table() != nullptr) return;
  const std::string found = ", found " + std::string(kind_of(entry.value));
  if (is_view) {
    problems_.add(entry.origin, "'view': expected array of tables" + found,
                  "each view is headed [[view]]");
  } else {
    problems_.add(entry.origin, "'" + entry.key + "': expected table" + found,
                  "it is headed [" + entry.key + "]");
  }
}

void Checker::check_tables() {
  for (const Entry& entry : document_.root().entries) {
    const std::string name = shown(entry.key);
    if (find(sections(), entry.key)) {
      check_shape(entry);
    } else if (entry.value.table() || entry.value.array()) {
      problems_.add(entry.origin, "unknown table [" + name + "]",
                    suggestion(entry.key, names_of(sections()), "tables"));
    } else {
      const std::string home = home_of(entry.key);
      problems_.add(entry.origin, "key '" + name + "' is outside of any table",
                    home.empty() ? "" : "it belongs to [" + home + "]");
    }
  }
}

const Table& Checker::table(const std::string& name) const {
  static const Table empty;
  const Node* node = document_.root().find(name);
  return node && node->table() ? *node->table() : empty;
}

TableReader Checker::reader(const Table& table, const std::string& path, const std::string& title) {
  return TableReader(table, path, title, problems_, config_.origins);
}

template <class Section>
Section Checker::section(const std::string& name) {
  const Schema& schema = find(sections(), name)->schema;
  TableReader keys = reader(table(name), name, "[" + name + "]");
  const ParamValues values = keys.take(schema);
  keys.finish();
  return make_params<Section>(schema, values);
}

Finder Checker::plugin(Role role) {
  return [this, role](const Node& use) -> const Schema* {
    try {
      const Schema& schema = lookup_(role, *use.text());
      check_schema(schema, std::string(role_name(role)) + " '" + *use.text() + "'");
      return &schema;
    } catch (const Error& error) {
      problems_.add(use.origin, error.what(), "", error.kind());
      return nullptr;
    }
  };
}

Finder Checker::listed(const std::vector<NamedSchema>& list, const std::string& what) {
  return [this, &list, what](const Node& use) -> const Schema* {
    const std::string& id = *use.text();
    if (const NamedSchema* found = find(list, id)) return &found->schema;
    problems_.add(use.origin, "unknown " + what + " '" + shown(id) + "'",
                  suggestion(id, names_of(list), what + "s"));
    return nullptr;
  };
}

Component Checker::used(TableReader& keys, const Origin& place, const Finder& find) {
  Component result;
  keys.allow("use");
  const Node* use = keys.table().find("use");
  if (!use) {
    problems_.add(place, keys.title() + " has no 'use', which names what is used");
  } else if (!use->text()) {
    problems_.add(use->origin, "'use' in " + keys.title() + ": expected string, found " +
                                   std::string(kind_of(*use)));
  } else {
    keys.note_origin("use", use->origin);
    result.id = *use->text();
    result.origin = use->origin;
    result.schema = find(*use);
  }
  return result;
}

/// Where it is not known what the table uses, its keys cannot be judged.
Component Checker::component(TableReader& keys, const Origin& place, std::string_view what,
                             const Finder& find) {
  Component result = used(keys, place, find);
  if (!result.schema) return result;
  result.values = keys.take(*result.schema);
  keys.finish(" (" + std::string(what) + " '" + result.id + "')");
  return result;
}

Component Checker::top_component(const std::string& name, const Finder& find) {
  TableReader keys = reader(table(name), name, "[" + name + "]");
  return component(keys, document_.root().key_origin(name), name, find);
}

void Checker::backbone() {
  const Schema& schema = find(sections(), "backbone")->schema;
  TableReader keys = reader(table("backbone"), "backbone", "[backbone]");
  config_.backbone_host = make_params<BackboneSection>(schema, keys.take(schema));
  config_.backbone =
      component(keys, document_.root().key_origin("backbone"), "backbone", plugin(Role::backbone));
}

Component Checker::operation(const Node& node, const std::string& path) {
  if (!node.table()) {
    problems_.add(node.origin, path + ": expected table, found " + std::string(kind_of(node)),
                  "an operation is written { use = \"grayscale\", p = 0.2 }");
    return {};
  }
  TableReader keys = reader(*node.table(), path, path);
  return component(keys, node.origin, "operation", plugin(Role::augmentation));
}

std::vector<Component> Checker::operations(const Node& ops, const std::string& path) {
  std::vector<Component> list;
  if (!ops.array()) {
    problems_.add(ops.origin,
                  path + ": expected array of tables, found " + std::string(kind_of(ops)));
    return list;
  }
  for (std::size_t i = 0; i < ops.array()->size(); ++i)
    list.push_back(operation((*ops.array())[i], path + "[" + std::to_string(i) + "]"));
  return list;
}

View Checker::view(const Node& node, const std::string& path) {
  View result;
  if (!node.table()) {
    problems_.add(node.origin, path + ": expected table, found " + std::string(kind_of(node)));
    return result;
  }
  const Schema& schema = find(sections(), "view")->schema;
  TableReader keys = reader(*node.table(), path, path);
  keys.allow("ops");
  result.host = make_params<ViewSection>(schema, keys.take(schema));
  keys.finish();
  if (const Node* ops = node.table()->find("ops")) result.ops = operations(*ops, path + ".ops");
  return result;
}

void Checker::views() {
  const Node* node = document_.root().find("view");
  if (node && !node->array()) return;
  if (!node || node->array()->empty()) {
    problems_.add(document_.root().key_origin("view"),
                  "there is no [[view]]; a run needs one or more");
    return;
  }
  for (std::size_t i = 0; i < node->array()->size(); ++i)
    config_.views.push_back(view((*node->array())[i], "view[" + std::to_string(i) + "]"));
}

Config Checker::run() {
  check_tables();
  config_.run = section<RunSection>("run");
  config_.data = section<DataSection>("data");
  backbone();
  config_.objective = top_component("objective", plugin(Role::objective));
  views();
  config_.optimizer = top_component("optimizer", listed(optimizers(), "optimizer"));
  config_.schedule = top_component("schedule", listed(schedules(), "schedule"));
  config_.train = section<TrainSection>("train");
  config_.eval = section<EvalSection>("eval");
  config_.checkpoint = section<CheckpointSection>("checkpoint");
  config_.guard = section<GuardSection>("guard");
  check_sections(config_, problems_);
  problems_.throw_if_any();
  return std::move(config_);
}

}  // namespace

Config check(const Document& document, const SchemaLookup& lookup) {
  return Checker(document, lookup).run();
}

}  // namespace tandem::config
