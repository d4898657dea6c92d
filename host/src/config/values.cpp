#include "config/values.hpp"

#include "config/config.hpp"
#include "config/problems.hpp"
#include "config/table_reader.hpp"

#include <map>

namespace tandem::config {

ParamValues read_values(const std::string& text, const Schema& schema, const std::string& title,
                        const std::string& owner) {
  check_schema(schema, owner);
  const std::string name = "parameters of " + owner;
  const Document document = parse_text(text, name);
  Problems problems(name);
  std::map<std::string, Origin> origins;
  TableReader keys(document.root(), title, title, problems, origins);
  ParamValues values = keys.take(schema);
  keys.finish(" (" + owner + ")");
  problems.throw_if_any();
  return values;
}

}  // namespace tandem::config
