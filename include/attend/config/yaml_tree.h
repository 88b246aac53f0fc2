// YAML text -> a plain tree with the place of every node. What Attend does not take (aliases, anchors, tags,
// merge keys, duplicate keys, several documents, deep nesting) is refused here; yaml-cpp is seen by
// yaml_tree.cpp alone.
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
  TextMark mark;          // of a map or list below a key: the key's
  std::string text;   // of a scalar
  bool plain = true;  // a scalar without quotes
  bool anchored = false;
  bool whole = false;         // laid upon another node, it takes its place
  std::string tag;            // an explicit one
  std::vector<YamlKey> keys;  // of a map, beside items
  std::vector<YamlNode> items;

  const YamlNode* find(std::string_view key) const;
};

// Adds what is wrong to `problems`; the tree is of use only when that stays empty or nothing but its shape
// matters. `source` is the index of the text's name in problems.
YamlNode parse_yaml(std::string_view text, int source, Problems& problems);

// Lays `over` upon `base`: maps key by key, everything else replaced, and what is `whole`.
void merge_yaml(YamlNode& base, YamlNode over);

}  // namespace attend
