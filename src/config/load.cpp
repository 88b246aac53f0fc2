#include "attend/config/load.h"

#include <algorithm>

#include "attend/config/field_visitor.h"
#include "attend/config/print.h"
#include "attend/config/reader.h"
#include "attend/config/rules.h"
#include "attend/config/yaml_tree.h"
#include "attend/core/error.h"
#include "attend/core/file.h"
#include "attend/core/text.h"

namespace attend {

namespace {

// A --set has no lines: every mark of it becomes the --set itself.
void move_to_source(YamlNode& node, int source) {
  node.mark = {source, 0, 0};
  for (auto& key : node.keys) key.mark = node.mark;
  for (auto& item : node.items) move_to_source(item, source);
}

bool is_path(std::string_view path) {
  const auto parts = split(path, '.');
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return parts.size() < kMaxYamlDepth &&
         std::all_of(parts.begin(), parts.end(), [&](const std::string& part) {
           return !part.empty() && std::all_of(part.begin(), part.end(), is_letter);
         });
}

// "a.b=5" -> {a: {b: 5}}
YamlNode parse_set(const std::string& text, Problems& problems) {
  const int source = problems.add_source("--set " + text);
  const TextMark mark{source, 0, 0};
  const auto equals = text.find('=');
  if (equals == std::string::npos || !is_path(text.substr(0, equals))) {
    problems.add(mark, "", "expected KEY=VALUE with a key such as training.optimizer.lr");
    return {};
  }
  const std::string path = text.substr(0, equals), value = text.substr(equals + 1);
  Problems inner;  // its lines and columns would mean nothing
  inner.add_source("");
  YamlNode node = parse_yaml(value, 0, inner);
  node.whole = true;
  if (!inner.empty()) {
    problems.add(mark, path,
                 value.empty()
                     ? "no value"
                     : concat("expected a number, a word, a [list] or a {map}, got \"", value, "\""));
    return {};
  }
  auto parts = split(path, '.');
  std::reverse(parts.begin(), parts.end());
  for (const auto& part : parts) {
    YamlNode outer;
    outer.kind = YamlNode::Kind::map;
    outer.keys.push_back({part, mark});
    outer.items.push_back(std::move(node));
    node = std::move(outer);
  }
  move_to_source(node, source);
  return node;
}

// "only keys of decoding can be changed here, did you mean "decoding.beam_size"?"
std::string out_of_place(const std::string& path, const std::vector<std::string>& sections) {
  const auto last_of = [](const std::string& key) { return key.substr(key.rfind('.') + 1); };
  std::vector<std::string> names;
  for (const auto& row : list_all_fields())
    if (std::ranges::find(sections, row.path.substr(0, row.path.find('.'))) != sections.end())
      names.push_back(row.path);
  std::string hint = did_you_mean(path, names);
  for (const auto& name : names)
    if (hint.empty() && last_of(name) == last_of(path)) hint = concat(", did you mean \"", name, "\"?");
  return concat("only keys of ", join(sections, " and "), " can be changed here", hint);
}

void name_derived(LoadedConfig& loaded, const Config& as_read) {
  const auto read = list_fields(as_read);
  for (const auto& row : list_fields(loaded.config)) {
    const auto before =
        std::find_if(read.begin(), read.end(), [&](const FieldRow& r) { return r.path == row.path; });
    const bool derived = before != read.end() && format_value(before->value) != format_value(row.value);
    Origin& origin = loaded.origins[row.path];
    if (derived)
      origin.text = row.field.derived.empty() ? "derived" : concat("derived from ", row.field.derived);
    else if (origin.text.empty())
      origin.text = "default";
  }
}

// What a config is read for. A stored model needs no data; what its file holds too much is passed over.
enum class Purpose { training, anything, stored_model };

// Reads what older versions stored under another name: SentencePiece's option became a key of its own.
void adopt_old_keys(TokenizerConfig& tokenizer) {
  const auto option = tokenizer.options.find("normalization_rule_name");
  if (option == tokenizer.options.end()) return;
  const auto known = value_of<Normalization>(option->second);
  if (!known) return;  // the rules name the fault
  tokenizer.normalization = *known;
  tokenizer.options.erase(option);
}

LoadedConfig load_trees(std::vector<YamlNode> trees, const std::vector<std::string>& sets, Purpose purpose,
                        Problems& problems) {
  const auto has_no_shape = [](const YamlNode& tree) { return tree.kind == YamlNode::Kind::nothing; };
  if (std::any_of(trees.begin(), trees.end(), has_no_shape))
    problems.raise_if_any();  // nothing more can be said
  YamlNode tree = std::move(trees.front());
  for (std::size_t i = 1; i < trees.size(); ++i) merge_yaml(tree, std::move(trees[i]));
  for (const auto& set : sets) {
    YamlNode value = parse_set(set, problems);
    if (value.kind == YamlNode::Kind::map) merge_yaml(tree, std::move(value));
  }

  LoadedConfig loaded;
  const auto foreign = read_config(tree, loaded.config, loaded.origins, problems);
  settle_foreign_keys(loaded.config, loaded.origins, foreign,
                      purpose == Purpose::stored_model ? ForeignKeys::dropped : ForeignKeys::refused, problems);
  if (purpose == Purpose::stored_model) {
    adopt_old_keys(loaded.config.data.tokenizer.source);
    adopt_old_keys(loaded.config.data.tokenizer.target);
  }
  const Config as_read = loaded.config;
  resolve_types(loaded.config);
  check_rules(loaded.config, loaded.origins, purpose == Purpose::training, problems);
  problems.raise_if_any();
  resolve(loaded.config);
  name_derived(loaded, as_read);
  return loaded;
}

std::string read_yaml_file(const std::filesystem::path& file) {
  try {
    return read_file(file, kMaxYamlBytes);
  } catch (const DataError& error) {
    throw ConfigError(error.what());
  }
}

}  // namespace

LoadedConfig load_config(const std::vector<std::filesystem::path>& files,
                         const std::vector<std::string>& sets) {
  if (files.empty()) throw ConfigError("[config] expected at least one YAML file, got none");
  Problems problems;
  std::vector<YamlNode> trees;
  for (const auto& file : files) {
    const std::string text = read_yaml_file(file);
    trees.push_back(parse_yaml(text, problems.add_source(file.string()), problems));
  }
  return load_trees(std::move(trees), sets, Purpose::training, problems);
}

namespace {

LoadedConfig load_text(std::string_view yaml, std::string_view name, const std::vector<std::string>& sets,
                       Purpose purpose) {
  Problems problems;
  std::vector<YamlNode> trees;
  trees.push_back(parse_yaml(yaml, problems.add_source(std::string(name)), problems));
  return load_trees(std::move(trees), sets, purpose, problems);
}

}  // namespace

LoadedConfig parse_config(std::string_view yaml, std::string_view name, const std::vector<std::string>& sets) {
  return load_text(yaml, name, sets, Purpose::anything);
}

LoadedConfig parse_stored_config(std::string_view yaml, std::string_view name, const std::vector<std::string>& sets) {
  return load_text(yaml, name, sets, Purpose::stored_model);
}

namespace {

// The config as YAML again, so that a {map} of --set takes the place of all that stood at its key.
YamlNode tree_of(const Config& config, Problems& problems) {
  return parse_yaml(print_config(config), problems.add_source("the model's config"), problems);
}

}  // namespace

Config change_config(Config config, const std::vector<std::string>& sets, const std::vector<std::string>& sections) {
  if (sets.empty()) return config;
  Problems problems;
  YamlNode tree = tree_of(config, problems);
  for (const auto& set : sets) {
    YamlNode value = parse_set(set, problems);
    if (value.kind != YamlNode::Kind::map) continue;
    const YamlKey top = value.keys.front();
    const std::string path = set.substr(0, set.find('='));
    if (std::ranges::find(sections, top.name) != sections.end()) merge_yaml(tree, std::move(value));
    else problems.add(top.mark, path, out_of_place(path, sections));
  }
  const auto runtime = config.runtime;  // device, precision and threads are not printed
  config = Config();
  Origins origins;
  const auto foreign = read_config(tree, config, origins, problems);
  config.runtime = runtime;
  settle_foreign_keys(config, origins, foreign, ForeignKeys::dropped, problems);
  check_rules(config, origins, false, problems);
  problems.raise_if_any();
  resolve(config);
  return config;
}

}  // namespace attend
