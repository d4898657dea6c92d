#pragma once

#include "config/origin.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tandem::config {

struct Node;
struct Entry;
using Array = std::vector<Node>;

/// A table as it was written; keys in the order in which they last changed.
struct Table {
  std::vector<Entry> entries;

  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  /// Where the key was written; the default origin where there is no such key.
  Origin key_origin(std::string_view key) const;
};

/// A value and where it was written.
struct Node {
  std::variant<bool, std::int64_t, double, std::string, Array, Table> value;
  Origin origin;

  const Table* table() const { return std::get_if<Table>(&value); }
  Table* table() { return std::get_if<Table>(&value); }
  const Array* array() const { return std::get_if<Array>(&value); }
  Array* array() { return std::get_if<Array>(&value); }
  const std::string* text() const { return std::get_if<std::string>(&value); }
};

struct Entry {
  std::string key;
  Origin origin;
  Node value;
};

/// "table", "array", "string", …: what the value is, for a sentence.
std::string_view kind_of(const Node& node);

/// A configuration as it was written: nothing checked but that it is TOML without dates. Layers are
/// laid over each other with `merge` (files) and `set` (the command line).
class Document {
 public:
  Document() = default;
  Document(Table root, const std::shared_ptr<const Source>& source);

  const Table& root() const { return *root_.table(); }
  /// The file, for errors that have no position; of merged documents the uppermost.
  const std::string& name() const { return name_; }
  /// The line behind the last, for errors about what is not there; of merged documents the
  /// uppermost's.
  const Origin& end() const { return end_; }
  /// The value at "optimizer.lr" or "view[0].ops[1].size"; null where there is none.
  const Node* find(std::string_view path) const;

  /// Lays `over` on top: tables are merged key by key, everything else is replaced, so that the
  /// views of `over` replace all views below. Where `over` changes the `use` of a table, all that
  /// the table held is dropped first: it belonged to what was used before.
  void merge(const Document& over);

  /// Sets one value, "a.b=VALUE" or "view[0].ops[1].size=24", and makes the tables on the way; an
  /// element of an array must exist. VALUE is TOML, never evaluated; what is not TOML is a string
  /// ("objective.use=simsiam"), unless it starts like a TOML array, table or quoted string. A new
  /// `use` drops what the table held, except what was itself set in this way, so that the order of
  /// assignments does not matter. `origin` names the assignment in messages, e.g. "--set #2".
  /// Throws Error(usage) for what is not an assignment, Error(config) for a path that leads
  /// nowhere.
  void set(std::string_view assignment, std::string origin);

 private:
  Node root_{Table{}, {}};
  std::string name_;
  Origin end_;
};

/// Reads a file of at most 1 MiB. Throws Error(config) that names the file, with line, column and
/// caret for what is not TOML.
Document parse_file(const std::filesystem::path& file);
/// The same for text in memory; `name` stands for the file in messages.
Document parse_text(std::string text, std::string name);

}  // namespace tandem::config
