#include "attend/config/reader.h"

#include <algorithm>

#include "attend/config/values.h"
#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {

namespace {

// Paths of other places that have a key of this name: "training.optimizer.lr" for "lr".
std::vector<std::string> same_name_elsewhere(std::string_view name) {
  std::vector<std::string> paths;
  for (const auto& row : list_all_fields())
    if (row.field.name == name) paths.push_back(row.path);
  return paths;
}

// The one that shares the longest beginning with where the key was written.
std::string closest_path(std::string_view written, const std::vector<std::string>& paths) {
  const auto shared = [&](const std::string& path) {
    const auto end = std::mismatch(written.begin(), written.end(), path.begin(), path.end()).first;
    return end - written.begin();
  };
  return *std::max_element(paths.begin(), paths.end(),
                           [&](const auto& a, const auto& b) { return shared(a) < shared(b); });
}

class Reader : public FieldVisitor {
 public:
  Reader(const YamlNode& root, Origins& origins, Problems& problems)
      : origins_(origins), problems_(problems) {
    frames_.push_back({&root, {}, {}, ""});
  }
  std::vector<ForeignKey> finish() {
    report_unknown();
    return std::move(foreign_);
  }

 protected:
  std::optional<Value> leaf(const Field& field, const Value& value) override {
    const YamlNode* node = look_up(field.name);
    if (others_ == 0) frames_.back().taken.emplace_back(field.name);
    if (!node) return std::nullopt;
    const std::string path = path_of(field.name);
    if (others_ > 0) {
      note_foreign(field, value, *node, path);
      return std::nullopt;
    }
    note_origin(path, *node);
    return read_value(field, *node, path, problems_);
  }

  // The keys of every type are known; those of a type that is not chosen are foreign.
  bool alternative(const Choice&, bool chosen) override {
    chosen_.push_back(chosen);
    others_ += chosen ? 0 : 1;
    return true;
  }
  void leave_alternative(const Choice&) override {
    others_ -= chosen_.back() ? 0 : 1;
    chosen_.pop_back();
  }

  std::size_t count(const Group& group, std::size_t) override {
    const YamlNode* node = look_up(group.name);
    if (!node || node->kind == YamlNode::Kind::alias) return 0;
    const std::string path = path_of(group.name);
    note_origin(path, *node);
    if (node->kind == YamlNode::Kind::list) return count_list(group, *node, path);
    if (node->kind == YamlNode::Kind::nothing && group.kind == GroupKind::list) return 0;
    if (node->kind != YamlNode::Kind::map) {
      const std::string got = node->kind == YamlNode::Kind::nothing ? "nothing" : "\"" + node->text + "\"";
      problems_.add(node->mark, path, concat("expected keys below it (", group.doc, "), got ", got));
      return 0;
    }
    return group.kind == GroupKind::tokenizers ? count_tokenizers(*node, path) : 1;
  }

  void enter(const Group& group, std::size_t index, std::size_t count) override {
    const YamlNode* node = look_up(group.name);
    if (node->kind == YamlNode::Kind::list)
      node = &node->items[index];
    else if (count == 2)
      node = node->find(index == 0 ? "source" : "target");
    frames_.push_back({node, {}, {}, path_of("")});
  }
  void leave(const Group&) override {
    report_unknown();
    frames_.pop_back();
  }

 private:
  struct Frame {
    const YamlNode* map;
    std::vector<std::string> known;  // the keys the struct has
    std::vector<std::string> taken;  // those of them that are no key of another type
    std::string prefix;              // "model.attention."
  };

  const YamlNode* look_up(std::string_view name) {
    Frame& frame = frames_.back();
    if (std::ranges::find(frame.known, name) == frame.known.end()) frame.known.emplace_back(name);
    return frame.map->find(name);
  }

  void note_origin(const std::string& path, const YamlNode& node) {
    origins_[path] = {problems_.place(node.mark), node.mark};
  }

  // Several types may have the key, each with a default of its own.
  void note_foreign(const Field& field, const Value& value, const YamlNode& node, const std::string& path) {
    const auto& taken = frames_.back().taken;
    if (std::ranges::find(taken, field.name) != taken.end()) return;
    const auto known = std::ranges::find(foreign_, path, &ForeignKey::path);
    if (known != foreign_.end()) {
      join_owners(known->owners.all, field.owners.all);
      known->defaults.push_back(value);
      return;
    }
    note_origin(path, node);
    if (const auto read = read_value(field, node, path, problems_))
      foreign_.push_back({path, field.owners, {value}, *read});
  }

  std::size_t count_list(const Group& group, const YamlNode& node, const std::string& path) {
    if (group.kind != GroupKind::pattern && group.kind != GroupKind::list) {
      problems_.add(node.mark, path, "expected keys below it, got a list");
      return 0;
    }
    if (node.items.empty() && group.kind == GroupKind::pattern)
      problems_.add(node.mark, path, "an empty list; name at least one, or leave the key out");
    bool all_maps = true;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (node.items[i].kind == YamlNode::Kind::map) continue;
      all_maps = false;
      if (node.items[i].kind != YamlNode::Kind::alias)
        problems_.add(node.items[i].mark, concat(path, "[", i, "]"), "expected a map such as {type: ...}");
    }
    return all_maps ? node.items.size() : 0;
  }

  std::size_t count_tokenizers(const YamlNode& node, const std::string& path) {
    const YamlNode* source = node.find("source");
    const YamlNode* target = node.find("target");
    if (!source && !target) return 1;
    for (const std::string side : {"source", "target"}) {
      const YamlNode* found = node.find(side);
      if (!found)
        problems_.add(node.mark, path,
                      concat("two tokenizers need both source and target; ", side, " is missing"));
      else if (found->kind != YamlNode::Kind::map)
        problems_.add(found->mark, path + "." + side, "expected keys below it, such as type and vocab_size");
    }
    for (const auto& key : node.keys)
      if (key.name != "source" && key.name != "target")
        problems_.add(key.mark, path + "." + key.name, "beside source and target; move it into each of them");
    const auto is_map = [](const YamlNode* side) { return side && side->kind == YamlNode::Kind::map; };
    return is_map(source) && is_map(target) ? 2 : 0;
  }

  void report_unknown() {
    const Frame& frame = frames_.back();
    for (const auto& key : frame.map->keys) {
      const bool is_known = std::find(frame.known.begin(), frame.known.end(), key.name) != frame.known.end();
      if (!is_known && key.scalar && key.name != "<<")
        problems_.add(key.mark, frame.prefix + key.name, problems_.is_full() ? "" : unknown_key(frame, key.name));
    }
  }

  static std::string unknown_key(const Frame& frame, const std::string& name) {
    const std::string path = frame.prefix + name;
    const auto meant = [](const std::string& word) {
      return concat("unknown key, did you mean \"", word, "\"?");
    };
    const auto sibling = nearest(name, frame.known);
    if (sibling && edit_distance(name, *sibling) == 1) return meant(*sibling);
    const auto elsewhere = same_name_elsewhere(name);
    if (!elsewhere.empty()) return meant(closest_path(path, elsewhere));
    if (sibling) return meant(*sibling);
    return concat("unknown key; known here: ", join(frame.known, ", "));
  }

  Origins& origins_;
  Problems& problems_;
  std::vector<Frame> frames_;
  std::vector<bool> chosen_;  // of the open alternatives
  int others_ = 0;            // how many of them are not chosen
  std::vector<ForeignKey> foreign_;
};

}  // namespace

std::vector<ForeignKey> read_config(const YamlNode& tree, Config& config, Origins& origins, Problems& problems) {
  if (tree.kind != YamlNode::Kind::map) {
    problems.add(tree.mark, "", "expected keys such as `data:` and `model:`");
    return {};
  }
  Reader reader(tree, origins, problems);
  visit_config(config, reader);
  return reader.finish();
}

}  // namespace attend
