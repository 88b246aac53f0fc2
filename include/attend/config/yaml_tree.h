// Parses YAML text into a plain tree that knows the place of every node. YAML that Attend does not accept is refused
// here: aliases, anchors, tags, merge keys, duplicate keys, several documents, deep nesting. yaml-cpp is hidden in
// yaml_tree.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "attend/config/problems.h"
#include "attend/core/limits.h"

namespace attend {

struct YamlKey {
  std::string name;
  TextMark mark;
  bool scalar = true;
};

struct YamlNode {
  enum class Kind { nothing, scalar, list, map, alias };
  Kind kind = Kind::nothing;
  TextMark mark;      // a map or list below a key has the mark of the key
  std::string text;   // content of a scalar
  bool plain = true;  // the scalar has no quotes
  bool anchored = false;
  bool whole = false;         // merge_yaml replaces the other node instead of merging
  std::string tag;            // an explicit tag, if there is one
  std::vector<YamlKey> keys;  // keys of a map, in the order of `items`
  std::vector<YamlNode> items;

  const YamlNode* find(std::string_view key) const;
};

// Parses a text and adds faults to `problems`. When there are faults, only the shape of the returned tree may be relied
// on. `source` is the index of the text's name in `problems`.
YamlNode parse_yaml(std::string_view text, int source, Problems& problems);

// Merges `over` into `base`: maps key by key. Everything else is replaced, and so are nodes that are `whole`.
void merge_yaml(YamlNode& base, YamlNode over);

}  // namespace attend
