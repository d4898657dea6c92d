#pragma once

#include "config/document.hpp"
#include "config/problems.hpp"
#include "tandem/base/params.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::config {

/// Checks one table of a document against the schemas that share it.
class TableReader {
 public:
  /// `path` leads to the table ("view[0].ops[1]"), `title` names it in messages ("[objective]").
  /// All references must outlive the reader.
  TableReader(const Table& table, std::string path, std::string title, Problems& problems,
              std::map<std::string, Origin>& origins);

  const Table& table() const { return table_; }
  const std::string& title() const { return title_; }
  /// Records where a value was written.
  void note_origin(const std::string& key, const Origin& origin) {
    origins_[path_ + "." + key] = origin;
  }
  /// Accepts a key that the caller reads by itself.
  void allow(std::string_view key) { known_.emplace_back(key); }
  /// The values of the schema's keys. What is wrong is reported and left at its default.
  ParamValues take(const Schema& schema);
  /// Reports every key that nothing has accepted; `of` says whose keys they would be, e.g.
  /// " (objective 'simsiam')".
  void finish(std::string_view of = "");

 private:
  const Entry* entry_for(const Param& param);
  /// The entry's value in the parameter's type; nothing where a problem was reported.
  std::optional<ParamValue> read(const Param& param, const Entry& entry);
  std::optional<ParamValue> read_list(const Param& param, const Entry& entry);
  std::optional<ParamValue> checked(const Param& param, const Node& node, const std::string& label);
  std::string label(const Entry& entry) const;
  std::string hint_for(const std::string& key) const;

  const Table& table_;
  std::string path_;
  std::string title_;
  Problems& problems_;
  std::map<std::string, Origin>& origins_;
  Strings known_, aliases_;
};

/// A hint for a name that is not among `names`: "did you mean 'a' or 'b'?", or "WHAT: a, b, c".
std::string suggestion(const std::string& given, const Strings& names, std::string_view what);

/// The table in which the host itself knows this key; "" where it does in none.
std::string home_of(const std::string& key);

}  // namespace tandem::config
