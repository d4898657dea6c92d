#include "config/document.hpp"

#include "config/characters.hpp"
#include "config/parse.hpp"
#include "config/path.hpp"
#include "tandem/base/error.hpp"

#include <algorithm>
#include <utility>

namespace tandem::config {
namespace {

bool is_use(const Entry& entry) {
  return entry.key == "use" && entry.value.text() != nullptr;
}

/// Whether `over` names something else than what the table uses so far.
bool changes_use(const Table& table, const Node& over) {
  const Node* use = table.find("use");
  return use && use->text() && over.text() && *use->text() != *over.text();
}

/// Puts an entry last, so that of two spellings of one key the later wins.
void replace(Table& table, Entry entry) {
  std::erase_if(table.entries, [&](const Entry& e) { return e.key == entry.key; });
  table.entries.push_back(std::move(entry));
}

void lay(Table& below, const Table& over) {
  const Node* use = over.find("use");
  if (use && changes_use(below, *use)) below.entries.clear();
  for (const Entry& entry : over.entries) {
    Node* old = below.find(entry.key);
    if (old && old->table() && entry.value.table())
      lay(*old->table(), *entry.value.table());
    else
      replace(below, entry);
  }
}

void assign(Table& table, Entry entry) {
  if (is_use(entry) && changes_use(table, entry.value))
    std::erase_if(table.entries, [](const Entry& e) { return !e.value.origin.is_assignment(); });
  replace(table, std::move(entry));
}

const Node* step_down(const Node& node, const Step& step) {
  if (!step.is_index()) return node.table() ? node.table()->find(step.key) : nullptr;
  const Array* array = node.array();
  return array && step.index < array->size() ? &(*array)[step.index] : nullptr;
}

/// An unfinished last line is taken for a finished one.
int line_behind(std::string_view text) {
  const auto ends = static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  return ends + (text.empty() || text.ends_with('\n') ? 1 : 2);
}

/// One `--set`: puts a value into a document.
class Assignment {
 public:
  Assignment(std::string_view text, std::string name);
  void apply(Node& root) const;

 private:
  [[noreturn]] void refuse(ErrorKind kind, int column, std::string_view why) const;
  [[noreturn]] void refuse_type(const Node& node, const Step& step) const;
  Origin at(int column) const { return {source_, 1, column}; }
  Node read_value(std::size_t equals) const;
  Node text_value(std::size_t equals) const;
  Node& element(Node& node, const Step& step) const;
  Node& member(Node& node, const Step& step) const;

  std::shared_ptr<const Source> source_;
  std::vector<Step> steps_;
  Node value_;
};

Assignment::Assignment(std::string_view text, std::string name)
    : source_(std::make_shared<Source>(Source{std::move(name), std::string(text), true})) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) refuse(ErrorKind::usage, 1, "expected KEY=VALUE");
  std::string_view path = text.substr(0, equals);
  while (path.ends_with(' ')) path.remove_suffix(1);
  steps_ = parse_path(path);
  if (steps_.empty())
    refuse(ErrorKind::usage, 1, "expected a key such as optimizer.lr or view[0].ops[1].size");
  if (!is_utf8(text)) refuse(ErrorKind::usage, 1, "the value is not UTF-8");
  value_ = read_value(equals);
}

void Assignment::refuse(ErrorKind kind, int column, std::string_view why) const {
  throw Error(kind, complaint(at(column), why));
}

void Assignment::refuse_type(const Node& node, const Step& step) const {
  const std::string_view remedy = node.array() ? "; its elements are written [0], [1], …" : "";
  refuse(ErrorKind::config, step.column,
         "expected a table around this, found " + std::string(kind_of(node)) + std::string(remedy));
}

Node Assignment::text_value(std::size_t equals) const {
  std::string_view text = std::string_view(source_->text).substr(equals + 1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  const std::size_t column = source_->text.size() - text.size() + 1;
  return {std::string(text), at(static_cast<int>(column))};
}

Node Assignment::read_value(std::size_t equals) const {
  // A key as long as the path keeps every column of the value where it is.
  const std::string key(equals, 'k');
  Node text = text_value(equals);
  try {
    Table table = parse_toml(key + source_->text.substr(equals), source_);
    if (table.entries.size() == 1) return std::move(table.entries.front().value);
  } catch (const Error&) {
    const std::string& written = *text.text();
    if (!written.empty() && std::string_view("[{\"'").find(written[0]) != std::string_view::npos)
      throw;
  }
  return text;
}

Node& Assignment::element(Node& node, const Step& step) const {
  if (!node.array())
    refuse(ErrorKind::config, step.column, "expected array, found " + std::string(kind_of(node)));
  const std::size_t size = node.array()->size();
  if (step.index >= size)
    refuse(ErrorKind::config, step.column,
           "there is no element " + std::to_string(step.index) + ": the array has " +
               std::to_string(size) + ", counted from 0");
  return (*node.array())[step.index];
}

Node& Assignment::member(Node& node, const Step& step) const {
  if (!node.table()) refuse_type(node, step);
  if (Node* found = node.table()->find(step.key)) return *found;
  node.table()->entries.push_back({step.key, at(step.column), {Table{}, at(step.column)}});
  return node.table()->entries.back().value;
}

void Assignment::apply(Node& root) const {
  Node* node = &root;
  for (std::size_t i = 0; i + 1 < steps_.size(); ++i)
    node = steps_[i].is_index() ? &element(*node, steps_[i]) : &member(*node, steps_[i]);
  const Step& last = steps_.back();
  if (last.is_index()) {
    element(*node, last) = value_;
  } else {
    if (!node->table()) refuse_type(*node, last);
    assign(*node->table(), {last.key, at(last.column), value_});
  }
}

}  // namespace

const Node* Table::find(std::string_view key) const {
  for (const Entry& entry : entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

Node* Table::find(std::string_view key) {
  return const_cast<Node*>(std::as_const(*this).find(key));
}

Origin Table::key_origin(std::string_view key) const {
  for (const Entry& entry : entries)
    if (entry.key == key) return entry.origin;
  return {};
}

std::string_view kind_of(const Node& node) {
  constexpr std::string_view kinds[] = {"boolean", "integer", "number", "string", "array", "table"};
  return kinds[node.value.index()];
}

Document::Document(Table root, const std::shared_ptr<const Source>& source)
    : root_{std::move(root), {}}, name_(source->name), end_{source, line_behind(source->text), 1} {}

const Node* Document::find(std::string_view path) const {
  const std::vector<Step> steps = parse_path(path);
  const Node* node = steps.empty() ? nullptr : &root_;
  for (const Step& step : steps) {
    if (!node) return nullptr;
    node = step_down(*node, step);
  }
  return node;
}

void Document::merge(const Document& over) {
  lay(*root_.table(), over.root());
  if (over.end_.is_default()) return;
  name_ = over.name_;
  end_ = over.end_;
}

void Document::set(std::string_view assignment, std::string origin) {
  Assignment(assignment, std::move(origin)).apply(root_);
}

}  // namespace tandem::config
