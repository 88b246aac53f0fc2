// Reads a YAML tree into a Config and checks types, ranges, choices and unknown keys.
#pragma once

#include "attend/config/load.h"
#include "attend/config/yaml_tree.h"

namespace attend {

// Gives each field that the tree names its value, and stores the place of the value in `origins`. Adds faults to
// `problems`.
void read_config(const YamlNode& tree, Config& config, Origins& origins, Problems& problems);

}  // namespace attend
