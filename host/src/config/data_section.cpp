#include "config/data_section.hpp"

#include "config/problems.hpp"
#include "config/table_reader.hpp"

namespace tandem::config {

DataSection check_data_section(const Document& document) {
  Problems problems(document.end());
  for (const Entry& entry : document.root().entries) {
    if (entry.key != "data" || !entry.value.table()) {
      problems.add(entry.origin, "'" + entry.key + "': only keys of [data] mean something here");
    }
  }
  problems.throw_if_any();
  const Table none;
  const Node* node = document.find("data");
  const Table* table = node ? node->table() : nullptr;
  std::map<std::string, Origin> origins;
  TableReader keys(table ? *table : none, "data", "[data]", problems, origins);
  const Schema& schema = find(sections(), "data")->schema;
  const ParamValues values = keys.take(schema);
  keys.finish();
  problems.throw_if_any();
  return make_params<DataSection>(schema, values);
}

}  // namespace tandem::config
