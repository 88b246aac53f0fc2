// Reads a YAML tree into a Config and checks types, ranges, choices and unknown keys.
#pragma once

#include <string>
#include <vector>

#include "attend/config/field_visitor.h"
#include "attend/config/load.h"
#include "attend/config/yaml_tree.h"

namespace attend {

// A key that the tree names although another type was chosen than those it belongs to.
struct ForeignKey {
  std::string path;
  Owners owners;
  std::vector<Value> defaults;  // one for each type that it belongs to
  Value value;
};

// Gives each field that the tree names its value, and stores the place of the value in `origins`. Adds faults to
// `problems`. Returns the keys of types that are not chosen, whose values no struct holds.
std::vector<ForeignKey> read_config(const YamlNode& tree, Config& config, Origins& origins, Problems& problems);

}  // namespace attend
