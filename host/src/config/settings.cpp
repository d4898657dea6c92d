#include "config/config.hpp"

#include <string>
#include <utility>

namespace tandem::config {
namespace {

/// One key of a table, ready to print.
struct Line {
  std::string key;
  std::string value;
  std::string path;
  std::string doc;
};

/// A table with its header, in the order in which a configuration is printed.
struct Block {
  std::string header;  ///< "[run]", "[[view]]"; empty for an operation
  std::vector<Line> lines;
  std::vector<Block> ops;  ///< of a view
};

std::string with_unit(const Param& param) {
  return param.unit.empty() ? param.doc : param.doc + " [" + param.unit + "]";
}

void add(Block& block, const std::string& path, const Schema& schema, const ParamValues& values) {
  for (std::size_t i = 0; i < schema.params.size(); ++i) {
    const Param& param = schema.params[i];
    block.lines.push_back(
        {param.name, tandem::to_toml(param, values[i]), path + "." + param.name, with_unit(param)});
  }
}

void add(Block& block, const std::string& path, const Component& component) {
  block.lines.push_back({"use", tandem::to_toml(ParamValue(component.id)), path + ".use", ""});
  if (component.schema) add(block, path, *component.schema, component.values);
}

template <class Section>
void add_section(Block& block, const std::string& name, const std::string& path,
                 const Section& section) {
  const Schema& schema = find(sections(), name)->schema;
  add(block, path, schema, values_of(schema, section));
}

template <class Section>
Block section_block(const std::string& name, const Section& section) {
  Block block{"[" + name + "]", {}, {}};
  add_section(block, name, name, section);
  return block;
}

Block component_block(const std::string& name, const Component& component) {
  Block block{"[" + name + "]", {}, {}};
  add(block, name, component);
  return block;
}

Block backbone_block(const Config& config) {
  Block block = component_block("backbone", config.backbone);
  add_section(block, "backbone", "backbone", config.backbone_host);
  return block;
}

Block view_block(const View& view, const std::string& path) {
  Block block{"[[view]]", {}, {}};
  add_section(block, "view", path, view.host);
  for (std::size_t i = 0; i < view.ops.size(); ++i) {
    Block op;
    add(op, path + ".ops[" + std::to_string(i) + "]", view.ops[i]);
    block.ops.push_back(std::move(op));
  }
  return block;
}

std::vector<Block> blocks_of(const Config& config) {
  std::vector<Block> blocks = {section_block("run", config.run), section_block("data", config.data),
                               backbone_block(config),
                               component_block("objective", config.objective)};
  for (std::size_t i = 0; i < config.views.size(); ++i)
    blocks.push_back(view_block(config.views[i], "view[" + std::to_string(i) + "]"));
  blocks.push_back(component_block("optimizer", config.optimizer));
  blocks.push_back(component_block("schedule", config.schedule));
  blocks.push_back(section_block("train", config.train));
  blocks.push_back(section_block("eval", config.eval));
  blocks.push_back(section_block("checkpoint", config.checkpoint));
  blocks.push_back(section_block("guard", config.guard));
  return blocks;
}

Origin origin_of(const Config& config, const std::string& path) {
  const auto found = config.origins.find(path);
  return found == config.origins.end() ? Origin() : found->second;
}

void collect(const Config& config, const Block& block, std::vector<Setting>& settings) {
  for (const Line& line : block.lines)
    settings.push_back({line.path, line.value, line.doc, origin_of(config, line.path)});
  for (const Block& op : block.ops) collect(config, op, settings);
}

std::string comment(const Config& config, const Line& line, Notes notes) {
  if (notes == Notes::origins) return "  # " + printable(origin_of(config, line.path).where());
  if (notes == Notes::docs && !line.doc.empty()) return "  # " + line.doc;
  return "";
}

std::string lines_of(const Config& config, const Block& block, Notes notes) {
  std::string text;
  for (const Line& line : block.lines)
    text += line.key + " = " + line.value + comment(config, line, notes) + "\n";
  return text;
}

std::string inline_table(const Block& op) {
  std::string text;
  for (const Line& line : op.lines)
    text += (text.empty() ? "" : ", ") + line.key + " = " + line.value;
  return "{ " + text + " }";
}

std::string inline_ops(const Block& view) {
  std::string text = "ops = [\n";
  for (const Block& op : view.ops) text += "  " + inline_table(op) + ",\n";
  return text + "]\n";
}

/// A line each, since an inline table has no room for comments.
std::string noted_ops(const Config& config, const Block& view, Notes notes) {
  std::string text;
  for (const Block& op : view.ops) text += "[[view.ops]]\n" + lines_of(config, op, notes);
  return text;
}

}  // namespace

std::vector<Setting> settings(const Config& config) {
  std::vector<Setting> list;
  for (const Block& block : blocks_of(config)) collect(config, block, list);
  return list;
}

std::string to_toml(const Config& config, Notes notes) {
  std::string text;
  for (const Block& block : blocks_of(config)) {
    text += (text.empty() ? "" : "\n") + block.header + "\n" + lines_of(config, block, notes);
    if (block.ops.empty()) continue;
    text += notes == Notes::none ? inline_ops(block) : noted_ops(config, block, notes);
  }
  return text;
}

}  // namespace tandem::config
